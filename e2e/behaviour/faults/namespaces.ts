/**
 * Each node in a network namespace of its own, on a cable of its own to the core:
 *
 *   core, in the namespace of the test            node 1
 *   10.x.y.1/30 ───────────── cable ───────────── 10.x.y.2/30
 *   10.x.y.5/30 ───────────── cable ───────────── 10.x.y.6/30    node 2 …
 *
 * The core listens on 10.x.y.1; the others reach it as their neighbour's other address. Faults are rules of nftables
 * inside the node's namespace: what is dropped there is gone as on a broken wire, in both directions.
 */
import { randomBytes, randomInt } from 'node:crypto'
import { eventually } from '../eventually.ts'
import type { FaultNetwork, NodePlace } from './fault-network.ts'
import { isLeftOver, ownName, runTool } from './owner.ts'

/** What this needs of the machine, beside root. */
export const NAMESPACE_TOOLS = ['ip', 'nft', 'nsenter']

const TABLE = 'inet fornax_fault'
const NODES_MAX = 60

type Node = { readonly namespace: string; readonly here: string; readonly there: string }

/** Makes a namespace for each node, and removes what a killed run has left. */
export async function createNamespaces(nodeNames: readonly string[]): Promise<FaultNetwork> {
  if (nodeNames.length > NODES_MAX) throw new Error(`at most ${NODES_MAX} nodes`)
  await removeLeftNamespaces()
  const block = freeBlock()
  const coreHost = `${block}.1`
  const nodes = new Map<string, Node>()
  const network: FaultNetwork = {
    kind: 'namespaces',
    coreHost,
    place: (name) => placeOf(nodeIn(nodes, name), coreHost),
    cut: (name) => setRules(nodeIn(nodes, name), 'drop'),
    drop: (name, percent) => setRules(nodeIn(nodes, name), `numgen random mod 100 < ${percent} drop`),
    heal: (name) => setRules(nodeIn(nodes, name), null),
    [Symbol.asyncDispose]: async () => {
      for (const { namespace } of nodes.values()) await removeNamespace(namespace)
    },
  }
  try {
    for (const [index, name] of nodeNames.entries()) {
      const node = { namespace: ownName(), here: `${block}.${4 * index + 1}`, there: `${block}.${4 * index + 2}` }
      nodes.set(name, node)
      connect(node)
    }
    return network
  } catch (error) {
    await network[Symbol.asyncDispose]()
    throw error
  }
}

function nodeIn(nodes: ReadonlyMap<string, Node>, name: string): Node {
  const node = nodes.get(name)
  if (node === undefined) throw new Error(`there is no namespace for ${name}`)
  return node
}

function placeOf({ namespace, there }: Node, coreHost: string): NodePlace {
  return {
    host: there,
    coreAddress: (nodeLinkPort) => `${coreHost}:${nodeLinkPort}`,
    command: (command) => ['nsenter', `--net=/run/netns/${namespace}`, '--', ...command],
  }
}

/** The cable goes with its namespace. */
function connect({ namespace, here, there }: Node): void {
  const link = `fxf-${randomBytes(4).toString('hex')}`
  const inside = ['ip', '-n', namespace]
  runTool(['ip', 'netns', 'add', namespace])
  runTool(['ip', 'link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace])
  runTool(['ip', 'addr', 'add', `${here}/30`, 'dev', link])
  runTool(['ip', 'link', 'set', link, 'up'])
  runTool([...inside, 'addr', 'add', `${there}/30`, 'dev', 'eth0'])
  for (const name of ['lo', 'eth0']) runTool([...inside, 'link', 'set', name, 'up'])
  runTool([...inside, 'route', 'add', 'default', 'via', here])
}

/** One transaction: there is no moment between the old rules and the new ones. */
function setRules({ namespace }: Node, verdict: string | null): void {
  const chain = (hook: string, side: string): string =>
    `chain ${hook} { type filter hook ${hook} priority 0; ${side} != "lo" ${verdict}; }\n`
  const rules = verdict === null ? '' : `table ${TABLE} {\n${chain('input', 'iifname')}${chain('output', 'oifname')}}`
  const script = `table ${TABLE}\ndelete table ${TABLE}\n${rules}\n`
  runTool(['nsenter', `--net=/run/netns/${namespace}`, 'nft', '-f', '-'], script)
}

/** Three numbers of 10.0.0.0/8 that no address of this machine begins with. */
function freeBlock(): string {
  const taken = runTool(['ip', '-4', '-o', 'addr', 'show'])
  for (;;) {
    const block = `10.${randomInt(180, 250)}.${randomInt(0, 256)}`
    if (!taken.includes(` ${block}.`)) return block
  }
}

function listNamespaces(): readonly string[] {
  return runTool(['ip', 'netns', 'list'])
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '')
}

/** Removes namespaces of this kind whose makers have ended, with everything that runs in them. */
export async function removeLeftNamespaces(): Promise<void> {
  for (const namespace of listNamespaces().filter(isLeftOver)) await removeNamespace(namespace)
}

/** Nothing may live on in a namespace that has no name any more. */
async function removeNamespace(namespace: string): Promise<void> {
  if (!listNamespaces().includes(namespace)) return
  await eventually(
    () => {
      const pids = processesIn(namespace)
      for (const pid of pids) kill(pid)
      return pids
    },
    (pids) => pids.length === 0,
  )
  runTool(['ip', 'netns', 'delete', namespace])
}

function processesIn(namespace: string): readonly number[] {
  return runTool(['ip', 'netns', 'pids', namespace])
    .split('\n')
    .filter((line) => line !== '')
    .map(Number)
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has just ended by itself.
  }
}
