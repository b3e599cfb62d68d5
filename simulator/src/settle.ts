/** What is not yet as it should be when the faults have stopped: in words, nothing when all is well. */
import type { Application, ScalingTarget } from '@fornax/core/applications/application'
import type { FleetState } from '@fornax/core/fleet/fleet-state'
import type { SimulatedNode } from './node.ts'
import type { TimerCounts, World } from './world.ts'

export function unsettled(world: World): string[] {
  const { host, clients, operator } = world
  const { serving } = host
  if (serving === null) return ['no core serves']
  const { state } = serving.rooms.fleet
  return [
    ...(clients.busy > 0 ? [`${clients.busy} clients are busy`] : []),
    ...(operator.busy > 0 ? ['the operator is busy'] : []),
    ...waitingSessions(world, state),
    ...[...state.applications.values()].flatMap(({ definition }) => offTarget(state, definition)),
    ...missingApplications(world, state),
    ...rowsDiffer(world, state),
    ...world.nodes.flatMap((node) => nodeDiffers(state, node)),
    ...leftInMemory(state),
    ...timersDiffer(world),
    ...world.watchers.missed(serving),
  ]
}

export function timersOf({ host, nodes }: World): TimerCounts {
  const agents = new Map(nodes.map(({ name, process }) => [name, process?.life.timers ?? 0]))
  return { core: host.process?.life.timers ?? 0, agents }
}

/** At rest each process waits for what it waited for when nothing had happened yet. */
function timersDiffer(world: World): string[] {
  const { timersAtFirst } = world
  if (timersAtFirst === null) return []
  const now = timersOf(world)
  const agents = [...now.agents].flatMap(([name, count]) => {
    const first = timersAtFirst.agents.get(name) ?? 0
    return count <= first ? [] : [`${name} has ${count} timers, at first ${first}`]
  })
  const isMore = now.core > timersAtFirst.core + TIMERS_SPARE
  return isMore ? [...agents, `the core has ${now.core} timers, at first ${timersAtFirst.core}`] : agents
}

/** Of feeds that make up a batch, and of the wheel of deadlines, which may have none at first. */
const TIMERS_SPARE = 3

function waitingSessions({ clients, host }: World, state: FleetState): string[] {
  const inMemory = [...state.sessions.values()].flatMap(({ id, phase }) => {
    const isOpen = phase === 'available' || phase === 'inUse'
    return phase === 'closed' || (isOpen && clients.kept.has(id)) ? [] : [`session ${id} is ${phase}`]
  })
  const inDatabase = [...host.database.rows.sessions.values()].flatMap(({ id, phase }) =>
    phase === 'closed' || state.sessions.has(id) ? [] : [`session ${id} is ${phase} in the database alone`],
  )
  return [...inMemory, ...inDatabase]
}

function offTarget(state: FleetState, { id, scalingPolicy: { target, minPods, maxPods } }: Application): string[] {
  const entry = state.applications.get(id)
  if (!entry) return []
  const { standby, hibernated, active, pending, creating, terminating } = entry.counts
  const idle = standby + hibernated
  const inFlight = pending + creating
  const lacksRoom = entry.shortSinceMs !== null
  const total = idle + active + inFlight
  const free = idle + inFlight
  const wrong: string[] = []
  if (terminating > 0) wrong.push(`${id} has ${terminating} pods that terminate`)
  if (!lacksRoom && inFlight > 0) wrong.push(`${id} has ${inFlight} pods in flight`)
  if (total < minPods) wrong.push(`${id} has ${total} pods, fewer than ${minPods}`)
  if (isTooFew(target, free, total) && total < maxPods) wrong.push(`${id} has ${free} free pods of ${total}: too few`)
  const waiting = lacksRoom ? pending : 0 // A version that is tried waits beside what the pool needs.
  if (isTooMany(target, free - waiting, total - waiting) && total > minPods)
    wrong.push(`${id} has ${free} free pods of ${total}: too many`)
  return wrong
}

function isTooFew({ kind, low }: ScalingTarget, free: number, total: number): boolean {
  if (kind === 'idleCount') return free < low
  return free * 100 < low * total
}

/** Where no whole number of pods lies between the two shares, the lower one holds. */
function isTooMany({ kind, low, high }: ScalingTarget, free: number, total: number): boolean {
  if (kind === 'idleCount') return free > high
  const isAbove = free * 100 > high * total
  const isStillEnough = (free - 1) * 100 >= low * (total - 1)
  return isAbove && isStillEnough && free > 0
}

/** What the database holds is what the fleet goes by. */
function rowsDiffer({ host }: World, state: FleetState): string[] {
  const { applications } = host.database.rows
  const differing = [...applications.values()].flatMap(({ id, revision, version, isProven }) => {
    const known = state.applications.get(id)?.definition
    if (known === undefined) return [`application ${id} is in the database alone`]
    const isSame = known.revision === revision && known.version.id === version.id && known.isProven === isProven
    return isSame ? [] : [`application ${id} differs: ${revision} ${version.id} ${isProven} in the database`]
  })
  const gone = [...state.applications.values()].flatMap(({ definition: { id } }) =>
    applications.has(id) ? [] : [`application ${id} is not in the database`],
  )
  return [...differing, ...gone]
}

function missingApplications({ operator, host }: World, state: FleetState): string[] {
  const missing = operator.places.flatMap(({ tenantId, name }) =>
    host.serving?.rooms.reader.applicationNamed(tenantId, name) ? [] : [`application ${name} is missing`],
  )
  return state.applications.size > operator.places.length ? [...missing, 'applications are left over'] : missing
}

/** Core, agent and machine agree on what runs. */
function nodeDiffers(state: FleetState, node: SimulatedNode): string[] {
  const { name, machine, memory } = node
  const entry = state.nodes.get(name)
  if (entry?.phase !== 'ready') return [`${name} is ${entry?.phase ?? 'unknown'}`]
  const believed = [...entry.podIds].toSorted().join(' ')
  const running = [...machine.pods.keys()].toSorted().join(' ')
  const alive = [...memory.pods.values()].filter(({ pod }) => pod.phase !== 'terminated' && pod.phase !== 'failed')
  const noted = alive
    .map(({ pod }) => pod.podId)
    .toSorted()
    .join(' ')
  const open = [...state.sessions.values()].filter(({ phase, nodeName }) => phase !== 'closed' && nodeName === name)
  const expected = open
    .map(({ id }) => id)
    .toSorted()
    .join(' ')
  const sessions = [...memory.sessions.keys()].toSorted().join(' ')
  const unknown = [...memory.versions.keys()].filter((id) => !state.versions.has(id))
  return [
    ...(believed === noted ? [] : [`${name}: the core believes in ${believed}; the ledger has ${noted}`]),
    ...(running === noted ? [] : [`${name}: the ledger has ${noted}; the machine runs ${running}`]),
    ...(sessions === expected ? [] : [`${name}: the ledger has ${sessions}; the core expects ${expected}`]),
    ...(unknown.length === 0 ? [] : [`${name} holds versions that nobody knows: ${unknown.join(' ')}`]),
    ...(memory.pods.size === alive.length ? [] : [`${name} remembers ${memory.pods.size - alive.length} ended pods`]),
  ]
}

/** What must be empty when nothing happens. */
function leftInMemory(state: FleetState): string[] {
  const sizes = {
    closedSessions: state.closedSessions.size,
    recordedSessions: state.recordedSessions.size,
    forgettable: state.forgettable.size,
    expectedNodes: state.expectedNodes.size,
    dirty: state.dirty.size,
    dirtyNodes: state.dirtyNodes.size,
  }
  return Object.entries(sizes).flatMap(([name, size]) => (size === 0 ? [] : [`${size} things are left in ${name}`]))
}
