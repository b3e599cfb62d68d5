/**
 * Which room may import which. This table is the architecture: it grows with it,
 * one line per new room, decided before the first import. A room without a line
 * may import nothing but itself.
 */
import { dirname, relative, resolve } from 'node:path'
import { importsOf, type SourceFile } from './source-files.ts'

export type RoomPlan = {
  /** The folder whose folders are the rooms. */
  readonly source: string
  readonly mayImport: Readonly<Record<string, readonly string[]>>
  /** Files that stand above the noun rooms although they live in one: use-cases and keepers. */
  readonly above: { readonly files: RegExp; readonly mayImport: readonly string[] }
  /** Single files of a room that others may import: the ports that an edge is built to. */
  readonly ports: readonly string[]
}

const BELOW_SCHEDULER = ['tenants', 'applications', 'nodes', 'pods', 'secrets', 'images']
const BELOW_FLEET = [...BELOW_SCHEDULER, 'scheduler', 'pools', 'sessions']
const BELOW_EDGES = [...BELOW_FLEET, 'fleet', 'trail']
const EDGES = ['store', 'nodelink', 'graphql', 'telemetry', 'issuers']

/** Edges come last, may import everything below them, and meet only in `core.ts`. */
const CORE: RoomPlan = {
  source: 'apps/core/src',
  mayImport: {
    tenants: [],
    // What was done and refused, in an order that cannot be changed.
    trail: ['tenants'],
    applications: [],
    nodes: ['applications'],
    pods: ['applications'],
    // What tenants store for their pods, sealed.
    secrets: ['applications'],
    // How images come to nodes, and what nodes say of them.
    images: ['applications', 'nodes', 'secrets'],
    scheduler: BELOW_SCHEDULER,
    pools: BELOW_SCHEDULER,
    sessions: [...BELOW_SCHEDULER, 'scheduler', 'pools'],
    fleet: BELOW_FLEET,
    // Looks at everything that the fleet holds, and writes nothing.
    audit: BELOW_EDGES,
    // What is counted and remembered of the fleet; nothing decides by it.
    history: BELOW_EDGES,
    store: [...BELOW_EDGES, 'history'],
    nodelink: BELOW_EDGES,
    graphql: [...BELOW_EDGES, 'history'],
    telemetry: BELOW_EDGES,
    // Whoever else vouches for people and programs.
    issuers: ['tenants'],
    // What a core writes to its database, whoever asked for it.
    'core-journals.ts': BELOW_EDGES,
    // What the API may ask for, put together from the use-cases; `core.ts` gives it the edges.
    'use-cases.ts': [...BELOW_EDGES, 'core-journals.ts', 'tenant-cases.ts', 'use-case-parts.ts'],
    'tenant-cases.ts': [...BELOW_EDGES, 'use-case-parts.ts'],
    'use-case-parts.ts': [...BELOW_EDGES, 'core-journals.ts'],
    // Everything between the edges: what `core.ts` puts edges around, and simulations run.
    'core-rooms.ts': [...BELOW_EDGES, 'core-journals.ts', 'use-case-parts.ts', 'nodelink'],
    // The audit trail, with what the API may ask of it.
    'core-audit.ts': [...BELOW_EDGES, 'config.ts'],
    // How machines become nodes: the registry and the authority, behind gRPC.
    'node-door.ts': [...BELOW_EDGES, 'config.ts', 'core-rooms.ts', 'nodelink'],
    // Who may ask, put together.
    'core-access.ts': [...BELOW_EDGES, 'config.ts', 'use-cases.ts', 'core-rooms.ts', 'issuers'],
    'core.ts': [
      ...BELOW_EDGES,
      'core-access.ts',
      'audit',
      'history',
      'config.ts',
      'use-cases.ts',
      'core-rooms.ts',
      'node-door.ts',
      'core-audit.ts',
      ...EDGES,
    ],
    'config.ts': ['history'],
    'main.ts': ['config.ts', 'core.ts', 'start-failure.ts'],
  },
  above: {
    files: /^(open|close|create|publish|update|delete|cordon|uncordon|drain|join|write)-[a-z-]+\.ts$|-keeper\.ts$/,
    mayImport: BELOW_EDGES,
  },
  ports: ['store/store.ts', 'graphql/core-port.ts', 'graphql/tenants-port.ts'],
}

const AGENT_EDGES = ['ledger', 'runtime', 'logs', 'ports', 'telemetry']

/** The node's own rooms: pods and sessions decide, the edges below them act, the core link talks. */
const AGENT: RoomPlan = {
  source: 'apps/agent/src',
  mayImport: {
    ledger: [],
    logs: [],
    ports: ['ledger'],
    telemetry: [],
    runtime: ['logs', 'ports'],
    sessions: AGENT_EDGES,
    pods: [...AGENT_EDGES, 'sessions'],
    corelink: [...AGENT_EDGES, 'sessions', 'pods'],
    'agent.ts': [...AGENT_EDGES, 'sessions', 'pods', 'corelink', 'config.ts'],
    'start-agent.ts': [...AGENT_EDGES, 'corelink', 'agent.ts', 'config.ts'],
    // Many simulated nodes in one process: a program of its own.
    simulate: ['agent.ts', 'start-agent.ts', 'config.ts', 'corelink', 'ledger', 'runtime'],
    'main.ts': ['start-agent.ts', 'config.ts'],
  },
  above: { files: /-keeper\.ts$/, mayImport: [...AGENT_EDGES, 'sessions', 'pods'] },
  ports: ['runtime/runtime.ts', 'ledger/ledger.ts'],
}

export const ROOM_PLANS: readonly RoomPlan[] = [CORE, AGENT]

/** Each import that the plan does not allow, as `file → room`. */
export function strayImports(plan: RoomPlan, file: SourceFile): string[] {
  const path = relative(plan.source, file.path)
  const room = path.split('/')[0] ?? ''
  const allowed = new Set([room, ...(plan.mayImport[room] ?? [])])
  if (plan.above.files.test(file.name)) for (const extra of plan.above.mayImport) allowed.add(extra)
  return importsOf(file)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => relative(resolve(plan.source), resolve(dirname(file.path), specifier)))
    .filter((target) => !allowed.has(target.split('/')[0] ?? '') && !plan.ports.includes(target))
    .map((target) => `${file.path} → ${target}`)
}
