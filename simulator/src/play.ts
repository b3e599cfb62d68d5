/** Does to a world what its plan says, and makes everything good again. */
import { unreachable } from '@fornax/kernel/assert'
import type { Deed } from './actions.ts'
import type { SimulatedNode } from './node.ts'
import { AT_EASE } from './machine-mood.ts'
import { ORDINARY_POLICY } from './operator.ts'
import type { Plan } from './plan.ts'
import { timersOf } from './settle.ts'
import { WELL } from './simulated-database.ts'
import type { World } from './world.ts'

/** Starts everything, and sets the time of each action. */
export function begin(world: World, plan: Plan): void {
  const { clock } = world.ground
  world.host.start()
  for (const node of world.nodes) node.start()
  world.operator.places.push(...plan.applications)
  clock.schedule(299, () => (world.timersAtFirst = timersOf(world)))
  for (const { policy, sessionsPerPod, ...place } of plan.applications)
    clock.schedule(300, () => world.operator.create(place, policy, sessionsPerPod))
  for (const reader of plan.readers) clock.schedule(200, () => world.readers.begin(reader))
  for (const { atMs, deed } of plan.actions)
    if (deed.kind === 'oldBackup') clock.schedule(Math.max(0, atMs - deed.agoMs), () => backUp(world, deed.agoMs))
    else clock.schedule(atMs, () => act(world, deed))
}

/** Later the database is what it is now; whatever was promised meanwhile cannot be kept. */
function backUp({ ground, host, clients }: World, agoMs: number): void {
  const restore = host.database.backUp()
  const forget = clients.remember()
  ground.clock.schedule(agoMs, () => {
    ground.fault('old backup restored')
    ground.note(`the database is what it was ${agoMs} ms ago`)
    host.crash(100)
    restore()
    forget()
  })
}

function act(world: World, deed: Exclude<Deed, { kind: 'oldBackup' }>): void {
  const { ground, host, operator, clients } = world
  if (deed.kind !== 'client') ground.note(`deed: ${JSON.stringify(deed)}`)
  if (isSteering(deed)) ground.fault(`operator: ${deed.kind}`)
  if ('node' in deed) return actOnNode(world, deed)
  if ('application' in deed) return actOnApplication(world, deed)
  switch (deed.kind) {
    case 'client': {
      const place = operator.places[deed.story.application % operator.places.length]
      if (place !== undefined) clients.begin(deed.story, place)
      return
    }
    case 'crashCore':
      ground.fault('core crash')
      return host.crash(deed.downMs)
    case 'crashAt':
      return ground.crashes.crashAt(deed.point, deed.side, {
        nth: deed.nth,
        whenDead: (who) => ground.fault(who === 'core' ? 'core crash at a point' : 'agent crash at a point'),
      })
    case 'stallCore':
      ground.fault('core standing still')
      return host.process?.life.standStill(deed.forMs)
    case 'exitPod':
      return exitPod(world, deed.which)
    case 'exitSession':
      return exitSession(world, deed.which)
    case 'mutePod':
      return mutePod(world, deed.which)
    case 'database':
      host.database.mood = { ...WELL, ...deed.mood }
      ground.clock.schedule(deed.forMs, () => (host.database.mood = WELL))
      return
    default:
      return unreachable(deed)
  }
}

const STEERING: readonly Deed['kind'][] = [
  ...(['cordon', 'uncordon', 'drain', 'remove', 'publish', 'rollBack', 'policy', 'replace'] as const),
]

function isSteering({ kind }: Deed): boolean {
  return STEERING.includes(kind)
}

function actOnNode(world: World, deed: Extract<Deed, { node: number }>): void {
  const { ground, operator } = world
  const node = world.nodes[deed.node % world.nodes.length]
  if (node === undefined) return
  switch (deed.kind) {
    case 'crashAgent':
      ground.fault(deed.keepsLedger ? 'agent crash' : 'agent crash without its ledger')
      return node.crash(deed)
    case 'leaveAgent':
      ground.fault('agent leaving')
      return node.leave()
    case 'stallAgent':
      ground.fault('agent standing still')
      return node.process?.life.standStill(deed.forMs)
    case 'reboot':
      ground.fault('node reboot')
      return node.reboot(deed.downMs)
    case 'ledgerFull':
      node.isFull = true
      ground.clock.schedule(deed.forMs, () => (node.isFull = false))
      return
    case 'machine':
      node.mood = { ...AT_EASE, ...deed.mood }
      ground.fault('machine in another mood')
      ground.clock.schedule(deed.forMs, () => node.heal())
      return
    case 'cordon':
    case 'uncordon':
      return operator.cordon(node.name, deed.kind === 'cordon')
    case 'remove':
      return operator.remove(node.name)
    case 'drain':
      return operator.drain(node.name, deed.lastMs)
    default:
      return actOnLine(world, node, deed)
  }
}

type LineDeed = Extract<Deed, { kind: 'partition' | 'break' | 'lag' | 'repeat' }>

function actOnLine({ ground }: World, { line }: SimulatedNode, deed: LineDeed): void {
  const { clock } = ground
  switch (deed.kind) {
    case 'partition':
      ground.fault(deed.forMs > 10_000 ? 'partition longer than the lease' : 'partition shorter than the lease')
      line.partition()
      clock.schedule(deed.forMs, () => line.heal())
      return
    case 'break':
      ground.fault('connection broken')
      for (const wire of line.wires) wire.breaks(deed)
      return
    case 'lag':
      line.extraDelayMs = deed.extraMs
      clock.schedule(deed.forMs, () => (line.extraDelayMs = 0))
      return
    case 'repeat':
      line.duplicated = deed.share
      clock.schedule(deed.forMs, () => (line.duplicated = 0))
      return
    default:
      return unreachable(deed)
  }
}

function actOnApplication({ operator }: World, deed: Extract<Deed, { application: number }>): void {
  const place = operator.places[deed.application % operator.places.length]
  if (place === undefined) return
  switch (deed.kind) {
    case 'publish':
      return operator.publish(place, deed.fate, deed.sessionsPerPod)
    case 'rollBack':
      return operator.rollBack(place, deed.by)
    case 'policy':
      return operator.setPolicy(place, { ...ORDINARY_POLICY, ...deed.policy })
    case 'replace':
      return operator.replace(place)
    default:
      return unreachable(deed)
  }
}

function exitPod({ ground, nodes }: World, which: number): void {
  const pods = nodes.flatMap((node) =>
    [...node.machine.pods.values()].filter(({ lastEnd }) => lastEnd === null).map((pod) => ({ node, pod })),
  )
  const chosen = pods[which % Math.max(1, pods.length)]
  if (chosen === undefined) return
  ground.fault('pod exit')
  ground.note(`${chosen.node.name}: ${chosen.pod.podId} exits by itself`)
  chosen.node.machine.endPod(chosen.pod.podId)
}

function exitSession({ ground, nodes }: World, which: number): void {
  const sessionId = nodes[which % nodes.length]?.applications.exitOne(which) ?? null
  if (sessionId === null) return
  ground.fault('session exit')
  ground.note(`${sessionId} exits by itself`)
}

function mutePod({ ground, nodes }: World, which: number): void {
  const podId = nodes[which % nodes.length]?.applications.muteOne(which) ?? null
  if (podId === null) return
  ground.fault('application mute')
  ground.note(`the application in ${podId} says nothing any more`)
}

/** How long a process may take to be back, once nothing keeps it away. */
const BACK_MS = 16_000

/** The faults stop: everything that was broken works again, and what was left open is closed. */
export function heal(world: World): void {
  const { ground, host, nodes } = world
  ground.note('the faults stop')
  ground.crashes.disarm()
  host.database.mood = WELL
  for (const node of nodes) {
    node.heal()
    node.isFull = false
    node.line.extraDelayMs = 0
    node.line.duplicated = 0
    node.line.heal()
  }
  ground.clock.schedule(BACK_MS, () => tidy(world))
}

function tidy({ operator, clients, nodes }: World): void {
  for (const node of nodes) operator.cordon(node.name, false)
  for (const place of operator.places) operator.repair(place)
  clients.closeLeft()
}
