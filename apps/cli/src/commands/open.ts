/** `fornax open`: opens a session and prints where it is. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import {
  OpenSessionDocument,
  WatchSessionDocument,
  type SessionDetailsFragment,
} from '@fornax/client/generated/documents'
import { CliError } from '../cli-error.ts'
import { note, say, type CommandContext } from '../command-context.ts'
import { bareName } from '../kinds/all-kinds.ts'
import { applicationKind } from '../kinds/application-kind.ts'
import { parsePair } from '../kinds/filters.ts'
import { formatMs } from '../output/age.ts'
import { formatObject } from '../output/structured.ts'
import { toWord } from '../output/tone.ts'
import { errorOfApplication, present } from '../problem.ts'

export type OpenFlags = {
  readonly data?: string
  readonly env?: readonly string[]
  readonly label?: readonly string[]
  readonly timeout?: number
  readonly grace?: number
  readonly idleTimeout?: number
  readonly maxLifetime?: number
  readonly wait: 'ready' | 'none'
  readonly idempotencyKey?: string
  readonly killPod?: true
  readonly output?: 'json' | 'yaml' | 'url' | 'name'
}

export async function openSession(context: CommandContext, word: string, flags: OpenFlags): Promise<void> {
  const application = bareName(word, applicationKind)
  const input = toInput(application, flags, context.terminal.folder)
  const { openSession: payload } = await context.client.request(
    OpenSessionDocument,
    { input },
    { signal: context.signal },
  )
  if (payload.problem !== null) throw await refused(context, payload, application)
  const opened = present(payload.session, 'a session')
  await print(context, flags, flags.wait === 'ready' ? await untilOpen(context, opened) : opened)
}

function toInput(application: string, flags: OpenFlags, folder: string) {
  return {
    application,
    wait: flags.wait === 'ready' ? ('READY' as const) : ('NONE' as const),
    killPodOnClose: flags.killPod ?? false,
    ...(flags.data === undefined ? {} : { data: readData(flags.data, folder).toString('base64') }),
    ...(flags.env === undefined ? {} : { env: flags.env.map((text) => parsePair(text, '--env')) }),
    ...(flags.label === undefined ? {} : { labels: flags.label.map((text) => parsePair(text, '--label')) }),
    ...(flags.timeout === undefined ? {} : { openTimeoutMs: flags.timeout }),
    ...(flags.grace === undefined ? {} : { closeGraceMs: flags.grace }),
    ...(flags.idleTimeout === undefined ? {} : { idleTimeoutMs: flags.idleTimeout }),
    ...(flags.maxLifetime === undefined ? {} : { maxLifetimeMs: flags.maxLifetime }),
    ...(flags.idempotencyKey === undefined ? {} : { idempotencyKey: flags.idempotencyKey }),
  }
}

/** `@FILE` is the bytes of a file, anything else the text itself. */
function readData(data: string, folder: string): Buffer {
  if (!data.startsWith('@')) return Buffer.from(data, 'utf8')
  try {
    return readFileSync(resolve(folder, data.slice(1)))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new CliError(
      `--data cannot be read: ${reason}`,
      'A text that begins with @ is given from a file of its own.',
      {
        cause: error,
      },
    )
  }
}

type Refusal = {
  readonly problem: { readonly code?: string; readonly message: string } | null
  readonly session: SessionDetailsFragment | null
}

async function refused(context: CommandContext, { problem, session }: Refusal, application: string): Promise<CliError> {
  const { message } = present(problem, 'a problem')
  if (session === null) return errorOfApplication(context, present(problem, 'a problem'), application)
  return new CliError(
    `session ${session.id} was not opened: ${message}`,
    `What happened to it: fornax describe session ${session.id}\nThe state of its pods: fornax describe application ${application}`,
  )
}

/** The server answers after a minute at the latest; a session may be allowed to take longer. */
async function untilOpen(context: CommandContext, session: SessionDetailsFragment): Promise<SessionDetailsFragment> {
  if (!isWaiting(session)) return session
  note(context, `session/${session.id} still waits…`)
  const events = context.client.subscribe(WatchSessionDocument, { id: session.id }, { signal: context.signal })
  for await (const { watchSession } of events) {
    if (isWaiting(watchSession)) continue
    if (watchSession.phase !== 'CLOSED') return watchSession
    const reason = watchSession.closeMessage ?? toWord(watchSession.closeReason ?? '')
    throw new CliError(
      `session ${session.id} was not opened: ${reason}`,
      `What happened: fornax describe session ${session.id}`,
    )
  }
  context.signal.throwIfAborted()
  throw new CliError(
    `session ${session.id} ended without a word`,
    `What happened: fornax describe session ${session.id}`,
  )
}

function isWaiting({ phase }: SessionDetailsFragment): boolean {
  return phase === 'PENDING' || phase === 'STARTING'
}

async function print(context: CommandContext, { output }: OpenFlags, session: SessionDetailsFragment): Promise<void> {
  if (output === 'json' || output === 'yaml')
    return context.terminal.out(await formatObject({ kind: 'Session', ...session }, output))
  if (output === 'name') return say(context, `session/${session.id}`)
  note(context, `session/${session.id} ${summary(session)}`)
  const hasSeveral = session.endpoints.length > 1 && output !== 'url'
  for (const { name, url } of session.endpoints) say(context, hasSeveral ? `${name}\t${url}` : url)
  if (session.endpoints.length === 0 && output !== 'url') say(context, `session/${session.id}`)
}

/** `available after 3.1 ms (warm)` */
function summary({ phase, start, timeline, id }: SessionDetailsFragment): string {
  const available = timeline.find((entry) => entry.step === 'AVAILABLE')
  if (available === undefined) return `is ${toWord(phase).toLowerCase()}; follow it with: fornax watch session ${id}`
  return `available after ${formatMs(available.sinceAskedMs)}${start === null ? '' : ` (${start.toLowerCase()})`}`
}
