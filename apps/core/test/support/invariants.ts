/**
 * Looks at a world after every turn, with everything that a world can witness. What must never happen is written
 * down once, in `src/audit/invariants.ts`.
 */
import { hasEnded, toldPodPhase } from '@fornax/node-model/pod-state'
import { Memory } from '../../src/audit/memory.ts'
import { Onlooker } from '../../src/audit/onlooker.ts'
import type {
  AnswersWitness,
  Evidence,
  NodeWitness,
  RunningPod,
  SentCommand,
  Violation,
} from '../../src/audit/evidence.ts'
import type { FakeNode } from './fake-node.ts'
import type { FleetWorld } from './fleet-world.ts'

/** At every rest of a world, or at every nth of a large one; the first thing that is wrong ends the run. */
export function watchOver(world: FleetWorld, every = 1): void {
  const memory = new Memory({ hasPicture: every === 1 })
  const onlooker = new Onlooker()
  let rests = 0
  world.onRest = () => {
    rests += 1
    if (rests % every > 0) return
    const pace = every === 1 ? 'everyTurn' : 'nowAndThen'
    const evidence = evidenceOf(world, { memory, pace, commands: world.takeCommands() })
    const wrong = onlooker.look(evidence, { nodes: world.nodes.keys(), sessions: world.answered })
    const misdeeds = [...world.nodes.values()].flatMap((node) => node.misdeeds)
    if (wrong.length + misdeeds.length > 0) throw new Error([...misdeeds, ...wrong.map(inWords)].join('\n'))
  }
}

export function evidenceOf(
  world: FleetWorld,
  look: Pick<Evidence, 'memory' | 'pace'> & { readonly commands?: readonly SentCommand[] },
): Evidence {
  const { sessions } = world.rows
  return {
    state: world.fleet.state,
    nowMs: world.nowMs,
    deadlines: { dueAtMs: (key) => world.deadlines.get(key) ?? null },
    memory: look.memory,
    pace: look.pace,
    countUpTo: Infinity,
    witnesses: {
      nodes: new Map([...world.nodes].map(([name, node]) => [name, nodeWitness(node)])),
      commands: look.commands ?? [],
      answers: answers(world),
      database: { session: (id) => sessions.get(id) ?? null, sessions: () => sessions.values() },
    },
  }
}

function nodeWitness(node: FakeNode): NodeWitness {
  const { name, isConnected, introduction } = node
  return { name, isConnected, resources: introduction.resources, pods: () => runningPods(node) }
}

function* runningPods(node: FakeNode): Generator<RunningPod> {
  const open = [...node.sessions.values()].filter(({ phase }) => phase !== 'closed')
  for (const pod of node.pods.values()) {
    const { podId, isAsleep, hibernation } = pod
    const phase = toldPodPhase(pod)
    if (hasEnded(pod) || phase === 'terminated' || phase === 'failed') continue
    const { sessionsPerPod: slots, ...asked } = node.specOf(podId)
    const { cpuMillis, memoryBytes } = isAsleep
      ? { cpuMillis: 0, memoryBytes: hibernation?.residentBytesAfter ?? asked.memoryBytes }
      : asked
    yield { podId, phase, slots, cpuMillis, memoryBytes, sessions: open.filter((session) => session.podId === podId) }
  }
}

function answers({ answered }: FleetWorld): AnswersWitness {
  return {
    answer: (id) => (answered.has(id) ? { told: 'open' } : null),
    sessionIds: () => answered,
    byKey: new Map(),
  }
}

function inWords({ invariant, what, objects, evidence }: Violation): string {
  return `${invariant}: ${what}: ${objects.join(', ')} ${JSON.stringify(evidence)}`
}
