'use client'
import { Button } from '../../src/ui/button.tsx'
import { Message } from '../../src/ui/message.tsx'

type Props = { readonly error: Error & { readonly digest?: string }; readonly reset: () => void }

export default function PageFailed({ error, reset }: Props) {
  return (
    <Message icon="warning" title="This page failed" isProblem action={<Button onClick={reset}>Show it again</Button>}>
      {error.digest === undefined ? error.message : `The console’s log says why, under ${error.digest}.`}
    </Message>
  )
}
