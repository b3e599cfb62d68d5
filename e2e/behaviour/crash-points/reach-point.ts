/** What is done to a node until its agent passes a point. */
import { setTimeout as after } from 'node:timers/promises'
import { PodLogsDocument } from '@fornax/client/generated/documents'
import type { Cluster } from '../cluster.ts'
import { eventually } from '../eventually.ts'
import { application, close, create, opened, remove, sleeper } from '../steps.ts'
import type { Way } from './agent-ways.ts'
import { letPortsRest, loseLedger, raiseEpochMarks } from './ledger-file.ts'
import type { CrashOrder } from './trap.ts'

/** A node whose agent is to die. */
export type DyingNode = {
  readonly cluster: Cluster
  /** Where the agent keeps what is its own. */
  readonly folder: string
  /** Whether the agent has yet to die at its point. */
  readonly isAgentAwaited: boolean
  killAgent(): Promise<void>
  /** Asks the agent to end, and its pods first. */
  stopPods(): void
  /** The agent dies at its next passage of the point. */
  arm(order: CrashOrder): void
  /** An agent that is armed before it does anything: it may not even come to say that it is ready. */
  startArmedAgent(order: CrashOrder): void
  /** Some pod ends by itself, if there is one that has run for a while. */
  endOldPod(): void
  endPod(podId: string): void
  /** A pod that has something in its log. */
  readonly talkingPod: string
  /** Something that may go wrong while the agent dies. It is shown when the point is not reached. */
  note(what: unknown): void
}

/** Sessions open and close all the while, but where the agent has to be left in peace. */
export const PEACEFUL: readonly Way[] = ['quiet']

/** Ways on which pods get lost, and sessions with them; they say so. */
export const LOSING: readonly Way[] = ['lostLedger', 'endPods']

const AGAIN_MS = 100
/** Until words are in the socket of a process that does not read them. */
const ARRIVED_MS = 40

/** Arms the point and does what it takes, until the agent is dead. */
export async function reachPoint(node: DyingNode, way: Way, order: CrashOrder): Promise<void> {
  await WAYS[way](node, order)
}

const WAYS: Readonly<Record<Way, (node: DyingNode, order: CrashOrder) => Promise<void>>> = {
  churn: async (node, order) => {
    node.arm(order)
    await again(node, () => node.endOldPod())
  },

  quiet: (node, order) => Promise.resolve(node.arm(order)),

  start: async (node, order) => {
    await node.killAgent()
    node.startArmedAgent(order)
  },

  newCore: async (node, order) => {
    node.arm(order)
    await node.cluster.kill('core')
    await node.cluster.startCore()
  },

  oldCore: async (node, order) => {
    await node.killAgent()
    raiseEpochMarks(node.folder)
    node.startArmedAgent(order)
  },

  applications: async (node, order) => {
    node.arm(order)
    await again(node, async () => {
      const { name } = await create(node.cluster, `brief-${Date.now()}`, sleeper, { maxPods: 2 })
      try {
        const { id } = await opened(node.cluster, name, { openTimeoutMs: 60_000 })
        await close(node.cluster, id)
      } finally {
        await remove(node.cluster, name)
      }
    })
  },

  sleep: async (node, order) => {
    node.arm(order)
    await again(node, async () => {
      const policy = { maxPods: 2, idleCount: { low: 1, high: 1 }, hibernateAfterMs: 0 }
      const { name } = await create(node.cluster, `brief-${Date.now()}`, sleeper, policy)
      try {
        await eventually(
          () => application(node.cluster, name),
          ({ pool }) => pool.hibernated > 0,
        )
        const { id } = await opened(node.cluster, name, { openTimeoutMs: 60_000 })
        await close(node.cluster, id)
      } finally {
        await remove(node.cluster, name)
      }
    })
  },

  readLog: async (node, order) => {
    node.arm(order)
    await again(node, async () => {
      const lines = node.cluster.client.subscribe(PodLogsDocument, {
        podId: node.talkingPod,
        tailLines: 5,
        follow: false,
      })
      for await (const _ of lines) continue
    })
  },

  restedPorts: async (node, order) => {
    await node.killAgent()
    letPortsRest(node.folder)
    node.startArmedAgent(order)
    await again(node, () => node.endOldPod())
  },

  // A core that stood still hears a client first, and the node afterwards: what it then says of the session is late.
  crossingWords: async (node, order) => {
    node.arm(order)
    await again(node, async () => {
      const { name } = await create(node.cluster, `brief-${Date.now()}`, sleeper, { maxPods: 2 })
      try {
        const { id, podId } = await opened(node.cluster, name, { openTimeoutMs: 60_000 })
        node.cluster.signal('core', 'SIGSTOP')
        const closing = close(node.cluster, id)
        await after(ARRIVED_MS)
        node.endPod(podId ?? '')
        await after(ARRIVED_MS)
        node.cluster.signal('core', 'SIGCONT')
        await closing
      } finally {
        await remove(node.cluster, name)
      }
    })
  },

  endPods: (node, order) => {
    node.arm(order)
    node.stopPods()
    return Promise.resolve()
  },

  lostLedger: async (node, order) => {
    await node.killAgent()
    loseLedger(node.folder)
    node.startArmedAgent(order)
  },
}

/** Does it over and over, until the agent is dead. What fails because of that may fail. */
async function again(node: DyingNode, act: () => Promise<void> | void): Promise<void> {
  while (node.isAgentAwaited) {
    try {
      await act()
    } catch (error) {
      node.note(error)
    }
    await after(AGAIN_MS)
  }
}
