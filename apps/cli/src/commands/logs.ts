/** `fornax logs`: what a pod wrote, or the pod of a session. */
import { ClientError } from '@fornax/client/client-error'
import { PodLogsDocument, SessionDocument } from '@fornax/client/generated/documents'
import { CliError } from '../cli-error.ts'
import { note, say, type CommandContext } from '../command-context.ts'
import { bareName, kindOf } from '../kinds/all-kinds.ts'
import { notFound } from '../kinds/find-objects.ts'
import { podDefinition, podKind } from '../kinds/pod-kind.ts'
import { sessionDefinition, sessionKind } from '../kinds/session-kind.ts'

export type LogFlags = { readonly follow?: true; readonly tail: number }

/** How many events wait while the output is slow; then the oldest are given up, and counted. */
const WAITING_EVENTS = 1_000

export async function printLogs(context: CommandContext, word: string, flags: LogFlags): Promise<void> {
  const podId = await podIdOf(context, word)
  let droppedEvents = 0
  const onDropped = (): void => {
    droppedEvents += 1
  }
  const variables = { podId, tailLines: flags.tail, follow: flags.follow ?? false }
  const events = context.client.subscribe(PodLogsDocument, variables, {
    signal: context.signal,
    limit: WAITING_EVENTS,
    onDropped,
  })
  try {
    for await (const { podLogs } of events) {
      if (podLogs.skippedLines > 0) note(context, `(${podLogs.skippedLines} lines left out: this reader was too slow)`)
      if (droppedEvents > 0) note(context, `(${droppedEvents} pieces left out: this reader was too slow)`)
      droppedEvents = 0
      for (const { text } of podLogs.lines) say(context, text)
    }
  } catch (error) {
    if (await isUnknown(context, podId, error)) throw await notFound(podDefinition, context, [podId])
    throw error
  }
}

async function podIdOf(context: CommandContext, word: string): Promise<string> {
  const isSession =
    word.startsWith('ses-') || (word.includes('/') && kindOf(word.slice(0, word.indexOf('/'))) === sessionKind)
  if (!isSession) return bareName(word, podKind)
  const id = bareName(word, sessionKind)
  const { session } = await context.client.request(SessionDocument, { id }, { signal: context.signal })
  if (session === null) throw await notFound(sessionDefinition, context, [id])
  if (session.podId === null)
    throw new CliError(
      `session "${id}" has no pod yet, so there are no logs`,
      `Wait for one: fornax watch session ${id}`,
    )
  return session.podId
}

/** Looked up only when something went wrong: a pod that is there costs no extra call. */
async function isUnknown(context: CommandContext, podId: string, error: unknown): Promise<boolean> {
  if (!(error instanceof ClientError) || error.failure.kind !== 'graphql') return false
  return (await podDefinition.one(context, podId)) === null
}
