'use client'
/** How another machine becomes a node. */
import dynamic from 'next/dynamic'
import { useState, type ReactNode } from 'react'
import { CreateJoinTokenDocument } from '../graphql/generated/documents.ts'
import { runMutation } from '../graphql/run-mutation.ts'
import { Button } from '../ui/button.tsx'
import { CopyButton } from '../ui/copyable.tsx'
import { Panel } from '../ui/page.tsx'
import { useRole } from '../viewer/viewer-context.tsx'
import { whyNoNodes } from '../viewer/viewer-rules.ts'

const SecretDialog = dynamic(() => import('./secret-dialog.tsx').then((module) => module.SecretDialog), { ssr: false })

const PREPARE = 'git clone … fornax && cd fornax && npm ci'
const RUN = 'FORNAX_CORE_ADDRESS=CORE:4001 FORNAX_JOIN_TOKEN_FILE=./join-token npm run agent'
const TRY = 'npx fornax simulate --nodes 100'

export function JoinPanel() {
  const reason = whyNoNodes(useRole())
  return (
    <Panel title="A new node">
      {reason === null ? (
        <ol className="flex flex-col gap-4 p-4">
          <Step number={1} title="Put Fornax on the machine">
            <Command text={PREPARE} />
          </Step>
          <Step number={2} title="Give it a join token">
            <JoinToken />
            <p className="text-soft">
              It lets one machine join, once, within an hour. Keep its text in a file that only the agent can read.
            </p>
          </Step>
          <Step number={3} title="Start its agent">
            <Command text={RUN} />
            <p className="text-soft">
              It appears under Nodes by itself, and is ready when it has told all that it runs.
            </p>
          </Step>
          <Step number={4} title="Or try it with nodes that are not there">
            <Command text={TRY} />
            <p className="text-soft">
              Simulated nodes get pods of applications that tolerate them, and of no others. Ctrl-C takes them away.
            </p>
          </Step>
        </ol>
      ) : (
        <p className="px-4 py-3 text-soft">{reason}</p>
      )}
    </Panel>
  )
}

/** Makes a token, and shows it once. */
function JoinToken() {
  const [text, setText] = useState<string | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const [isBusy, setBusy] = useState(false)
  const make = async (): Promise<void> => {
    setBusy(true)
    const outcome = await runMutation(
      CreateJoinTokenDocument,
      { input: {} },
      (result) => result.createJoinToken.problem,
    )
    setBusy(false)
    setText(outcome.result?.createJoinToken.text ?? null)
    setProblem(outcome.kind === 'failed' ? outcome.message : null)
  }
  return (
    <>
      <div>
        <Button icon="plus" isBusy={isBusy} onClick={() => void make()}>
          New join token
        </Button>
      </div>
      {problem !== null && (
        <p role="alert" className="text-danger">
          {problem}
        </p>
      )}
      {text !== null && (
        <SecretDialog title="Join token" secret={text} onClose={() => setText(null)}>
          Put it into a file on the machine now: it is shown this once, and is good for one machine.
        </SecretDialog>
      )}
    </>
  )
}

function Step({
  number,
  title,
  children,
}: {
  readonly number: number
  readonly title: string
  readonly children: ReactNode
}) {
  return (
    <li className="flex gap-3">
      <span
        aria-hidden
        className="flex size-5 shrink-0 items-center justify-center rounded-full border border-line text-xs text-faint"
      >
        {number}
      </span>
      <div className="flex min-w-0 flex-1 flex-col gap-1.5">
        <p className="font-medium">{title}</p>
        {children}
      </div>
    </li>
  )
}

function Command({ text }: { readonly text: string }) {
  return (
    <div className="flex items-center gap-2 rounded-md border border-line bg-sunken py-1 pr-1 pl-3">
      <code className="min-w-0 flex-1 font-mono text-xs wrap-anywhere">{text}</code>
      <CopyButton text={text} label={`Copy ${text.split(' ')[0]}…`} />
    </div>
  )
}
