import Link from 'next/link'
import { paths } from '../../../../src/path-builder.ts'
import { Message } from '../../../../src/ui/message.tsx'

export default function SessionNotFound() {
  return (
    <Message
      icon="search"
      title="No session has that id"
      action={
        <Link href={paths.sessions()} className="text-ember underline">
          All sessions
        </Link>
      }
    >
      It may belong to another tenant, or the id is not complete.
    </Message>
  )
}
