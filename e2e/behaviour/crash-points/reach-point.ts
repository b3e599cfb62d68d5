/** What is done to a node until its agent passes a point. */
import { setTimeout as after } from 'node:timers/promises'
import { PodLogsDocument } from '@fornax/client/generated/documents'
import { close, create, opened, remove, sleeper } from '../steps.ts'
import type { Way } from './agent-ways.ts'
import { HELLO, NODE, type CrashWorld } from './crash-world.ts'
import { letPortsRest, loseLedger, raiseEpochMarks } from './ledger-file.ts'
import type { CrashOrder } from './trap.ts'

/** Sessions open and close all the while, but where the agent has to be left in peace. */
export const PEACEFUL: readonly Way[] = ['quiet']

/** Ways on which pods get lost, and sessions with them; they say so. */
export const LOSING: readonly Way[] = ['lostLedger', 'endPods']

const AGAIN_MS = 100
/** Until words are in the socket of a process that does not read them. */
const ARRIVED_MS = 40

/** Arms the point and does what it takes, until the agent is dead. */
export async function reachPoint(world: CrashWorld, way: Way, order: CrashOrder): Promise<void> {
  await WAYS[way](world, order)
}

const WAYS: Readonly<Record<Way, (world: CrashWorld, order: CrashOrder) => Promise<void>>> = {
  churn: async (world, order) => {
    world.arm(order)
    await again(world, () => world.endOldPod())
  },

  quiet: (world, order) => Promise.resolve(world.arm(order)),

  start: async (world, order) => {
    await world.killAgent()
    await world.startArmedAgent(order)
  },

  newCore: async (world, order) => {
    world.arm(order)
    await world.cluster.kill('core')
    await world.cluster.startCore()
  },

  oldCore: async (world, order) => {
    await world.killAgent()
    raiseEpochMarks(world.folder)
    await world.startArmedAgent(order)
  },

  applications: async (world, order) => {
    world.arm(order)
    await again(world, async () => {
      const { name } = await create(world.cluster, `brief-${Date.now()}`, sleeper, { maxPods: 2 })
      try {
        const { id } = await opened(world.cluster, name, { openTimeoutMs: 60_000 })
        await close(world.cluster, id)
      } finally {
        await remove(world.cluster, name)
      }
    })
  },

  readLog: async (world, order) => {
    world.arm(order)
    await again(world, async () => {
      const podId = world.keptPod(HELLO)
      const lines = world.cluster.client.subscribe(PodLogsDocument, { podId, tailLines: 5, follow: false })
      for await (const _ of lines) continue
    })
  },

  restedPorts: async (world, order) => {
    await world.killAgent()
    letPortsRest(world.folder)
    await world.startAgent()
    world.arm(order)
    await again(world, () => world.endOldPod())
  },

  // A core that stood still hears a client first, and the node afterwards: what it then says of the session is late.
  crossingWords: async (world, order) => {
    world.arm(order)
    await again(world, async () => {
      const { name } = await create(world.cluster, `brief-${Date.now()}`, sleeper, { maxPods: 2 })
      try {
        const { id, podId } = await opened(world.cluster, name, { openTimeoutMs: 60_000 })
        world.cluster.signal('core', 'SIGSTOP')
        const closing = close(world.cluster, id)
        await after(ARRIVED_MS)
        world.endPod(podId ?? '')
        await after(ARRIVED_MS)
        world.cluster.signal('core', 'SIGCONT')
        await closing
      } finally {
        await remove(world.cluster, name)
      }
    })
  },

  endPods: (world, order) => {
    world.arm(order)
    world.cluster.tell(NODE, { type: 'stop', pods: 'end' })
    return Promise.resolve()
  },

  lostLedger: async (world, order) => {
    await world.killAgent()
    loseLedger(world.folder)
    await world.startArmedAgent(order)
  },
}

/** Does it over and over, until the agent is dead. What fails because of that may fail. */
async function again(world: CrashWorld, act: () => Promise<void> | void): Promise<void> {
  while (world.isAgentAwaited) {
    try {
      await act()
    } catch (error) {
      world.note(error)
    }
    await after(AGAIN_MS)
  }
}
