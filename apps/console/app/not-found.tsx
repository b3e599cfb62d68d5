import Link from 'next/link'
import { Message } from '../src/ui/message.tsx'

export default function NotFound() {
  return (
    <main className="py-24">
      <Message
        icon="search"
        title="There is no such page"
        action={
          <Link href="/" className="text-ember underline">
            To the fleet
          </Link>
        }
      />
    </main>
  )
}
