/** `fornax cordon`, `uncordon`, `drain` and `node remove`: what an operator does with nodes. */
import {
  CordonNodeDocument,
  DrainNodeDocument,
  DrainPreviewDocument,
  RemoveNodeDocument,
  UncordonNodeDocument,
} from '@fornax/client/generated/documents'
import type { CliError } from '../cli-error.ts'
import { say, type CommandContext } from '../command-context.ts'
import { bareName } from '../kinds/all-kinds.ts'
import { notFound } from '../kinds/find-objects.ts'
import { nodeDefinition, nodeKind } from '../kinds/node-kind.ts'
import { formatDuration } from '../output/age.ts'
import { errorOf, type ApiProblem } from '../problem.ts'

export async function cordonNodes(context: CommandContext, words: readonly string[]): Promise<void> {
  for (const name of words.map((word) => bareName(word, nodeKind))) {
    const variables = { input: { name } }
    const { cordonNode } = await context.client.request(CordonNodeDocument, variables, { signal: context.signal })
    if (cordonNode.problem !== null) throw await nodeError(context, cordonNode.problem, name)
    say(context, `node/${name} cordoned`)
  }
}

export async function uncordonNodes(context: CommandContext, words: readonly string[]): Promise<void> {
  for (const name of words.map((word) => bareName(word, nodeKind))) {
    const variables = { input: { name } }
    const { uncordonNode } = await context.client.request(UncordonNodeDocument, variables, { signal: context.signal })
    if (uncordonNode.problem !== null) throw await nodeError(context, uncordonNode.problem, name)
    say(context, `node/${name} uncordoned`)
  }
}

export type DrainFlags = { readonly sessionsMayLast: number; readonly dryRun?: true }

/** Says what a drain would do. */
async function previewDrain(context: CommandContext, name: string, sessionsMayLastMs: number): Promise<void> {
  const { client, signal } = context
  const { drainPreview } = await client.request(DrainPreviewDocument, { name, sessionsMayLastMs }, { signal })
  if (drainPreview === null) throw await notFound(nodeDefinition, context, [name])
  const { podsStoppingCount, sessions, applications, deadline } = drainPreview
  const pods = `${podsStoppingCount} ${podsStoppingCount === 1 ? 'pod' : 'pods'} would stop at once`
  const open = `${sessions.length} ${sessions.length === 1 ? 'session' : 'sessions'} would be asked to close`
  say(context, `node/${name} would be drained: ${pods}, ${open} by ${deadline}`)
  for (const { applicationName, idlePodCount, roomElsewhere, sessionCount } of applications)
    say(
      context,
      `  ${applicationName}: ${idlePodCount} idle (room for ${roomElsewhere} elsewhere), ${sessionCount} open`,
    )
}

export async function drainNodes(context: CommandContext, words: readonly string[], flags: DrainFlags): Promise<void> {
  for (const name of words.map((word) => bareName(word, nodeKind))) {
    if (flags.dryRun === true) {
      await previewDrain(context, name, flags.sessionsMayLast)
      continue
    }
    const variables = { input: { name, sessionsMayLastMs: flags.sessionsMayLast } }
    const { drainNode } = await context.client.request(DrainNodeDocument, variables, { signal: context.signal })
    if (drainNode.problem !== null) throw await nodeError(context, drainNode.problem, name)
    const sessions = `${drainNode.sessionCount} open ${drainNode.sessionCount === 1 ? 'session' : 'sessions'}`
    say(context, `node/${name} draining, ${sessions} may last ${formatDuration(flags.sessionsMayLast)}`)
  }
}

export async function removeNodes(context: CommandContext, words: readonly string[]): Promise<void> {
  for (const name of words.map((word) => bareName(word, nodeKind))) {
    const variables = { input: { name } }
    const { removeNode } = await context.client.request(RemoveNodeDocument, variables, { signal: context.signal })
    if (removeNode.problem !== null) throw await nodeError(context, removeNode.problem, name)
    say(context, `node/${name} removed`)
  }
}

async function nodeError(context: CommandContext, problem: ApiProblem, name: string): Promise<CliError> {
  return problem.code === 'ComputeNodeNotFound' ? notFound(nodeDefinition, context, [name]) : errorOf(problem)
}
