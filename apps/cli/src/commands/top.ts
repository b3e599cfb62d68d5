/** `fornax top`: what nodes and pods use now. */
import {
  ComputeNodesDocument,
  PodsDocument,
  type ComputeNodeFieldsFragment,
  type PodFieldsFragment,
} from '@fornax/client/generated/documents'
import { sleep } from '@fornax/kernel/clock'
import { nowMs, type CommandContext } from '../command-context.ts'
import { PAGE_SIZE, readPages } from '../kinds/pages.ts'
import { cpuText, memoryText } from '../kinds/pod-kind.ts'
import { formatShare } from '../output/quantity.ts'
import { formatTable, type Column } from '../output/table.ts'
import { toneOf, toWord } from '../output/tone.ts'

export type TopFlags = {
  readonly what: 'nodes' | 'pods' | 'both'
  readonly watch?: true
  readonly application?: string
  readonly node?: string
  readonly limit: number
  readonly sortBy: 'cpu' | 'memory'
}

const REFRESH_MS = 2_000
/** Homes the cursor and wipes what is below it: the screen does not flicker as it does when it is cleared. */
const REDRAW = '\u001B[H\u001B[J'

export async function top(context: CommandContext, flags: TopFlags): Promise<void> {
  const { terminal, signal } = context
  for (;;) {
    const text = await draw(context, flags)
    if (flags.watch !== true) return terminal.out(text)
    const moment = new Date(nowMs(context)).toISOString()
    terminal.out(`${terminal.isScreen ? REDRAW : ''}${moment}\n\n${text}${terminal.isScreen ? '' : '\n'}`)
    await sleep(terminal.clock, REFRESH_MS, signal)
  }
}

async function draw(context: CommandContext, flags: TopFlags): Promise<string> {
  const [nodes, pods] = await Promise.all([
    flags.what === 'pods' ? null : nodesText(context),
    flags.what === 'nodes' ? null : podsText(context, flags),
  ])
  return [nodes, pods].filter((text) => text !== null).join('\n')
}

const nodeColumns: readonly Column<ComputeNodeFieldsFragment>[] = [
  { header: 'NODE', cell: ({ name }) => name },
  { header: 'CPU', cell: ({ cpuMillisUsed }) => cpuText(cpuMillisUsed) },
  { header: 'CPU%', cell: ({ cpuMillisUsed, capacity }) => shareText(cpuMillisUsed, capacity.cpuMillis) },
  { header: 'MEMORY', cell: ({ memoryBytesUsed }) => memoryText(memoryBytesUsed) },
  { header: 'MEMORY%', cell: ({ memoryBytesUsed, capacity }) => shareText(memoryBytesUsed, capacity.memoryBytes) },
  { header: 'PODS', cell: ({ podCount, capacity }) => `${podCount}/${capacity.pods}` },
  { header: 'SESSIONS', cell: ({ sessionCount }) => String(sessionCount) },
]

async function nodesText(context: CommandContext): Promise<string> {
  const variables = { first: PAGE_SIZE }
  const { page } = await context.client.request(ComputeNodesDocument, variables, { signal: context.signal })
  const nodes = page.edges.map(({ node }) => node)
  return formatTable(nodeColumns, nodes, { nowMs: 0, hasColour: context.terminal.hasColour })
}

const podColumns: readonly Column<PodFieldsFragment>[] = [
  { header: 'POD', cell: ({ id }) => id },
  { header: 'APPLICATION', cell: ({ applicationName }) => applicationName },
  { header: 'NODE', cell: ({ nodeName }) => nodeName ?? '-' },
  { header: 'PHASE', cell: ({ phase }) => ({ text: toWord(phase), tone: toneOf(phase) }) },
  { header: 'CPU', cell: ({ cpuMillisUsed }) => cpuText(cpuMillisUsed) },
  { header: 'MEMORY', cell: ({ memoryBytesUsed }) => memoryText(memoryBytesUsed) },
]

/** Nothing sorts on the server: all pods are read, and the hungriest shown. */
async function podsText(context: CommandContext, { application, node, limit, sortBy }: TopFlags): Promise<string> {
  const where = {
    ...(application === undefined ? {} : { application }),
    ...(node === undefined ? {} : { nodeName: node }),
  }
  const { items: pods } = await readPages(
    async (at) => (await context.client.request(PodsDocument, { ...at, where }, { signal: context.signal })).page,
    null,
  )
  const used = (pod: PodFieldsFragment): number => (sortBy === 'cpu' ? pod.cpuMillisUsed : pod.memoryBytesUsed) ?? -1
  const shown = pods.toSorted((left, right) => used(right) - used(left)).slice(0, limit)
  const table = formatTable(podColumns, shown, { nowMs: 0, hasColour: context.terminal.hasColour })
  return shown.length < pods.length ? `${table}(${pods.length - shown.length} more; show them with --limit)\n` : table
}

function shareText(used: number | null, capacity: number): string {
  return used === null ? '-' : formatShare(used, capacity)
}
