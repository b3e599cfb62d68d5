/**
 * Many simulated nodes in one process: each is a whole agent with a stream of its own, whose pods are only
 * remembered. Ledgers are in memory, so the nodes are new ones each time.
 */
import type { Clock } from '@fornax/kernel/clock'
import type { Log } from '@fornax/kernel/log'
import type { Agent } from '../agent.ts'
import type { NodeResources } from '../config.ts'
import { identityInMemory } from '../corelink/node-identity.ts'
import { createMemoryLedger } from '../ledger/memory-ledger.ts'
import {
  createSimulatedRuntime,
  SimulatedMachine,
  type SimulatedDelays,
  type SimulatedFaults,
} from '../runtime/simulated/simulated-runtime.ts'
import { createAgent } from '../start-agent.ts'

export type SimulatedNodesOptions = {
  readonly count: number
  /** Nodes are named after it: `sim-0001`, … */
  readonly prefix: string
  /** As `host:port`. */
  readonly coreAddress: string
  readonly joinToken: () => string
  readonly authority: () => string | null
  readonly resources: NodeResources
  readonly delays: SimulatedDelays
  readonly clock: Clock
  readonly log: Log
  /** Told after each node that a core has accepted for the first time. */
  readonly onAccepted: (accepted: number) => void
}

/** What the nodes did since they started. */
export type SimulatedCounts = {
  /** Pods whose creation was asked for. */
  podsCreated: number
  /** Pods that run now. */
  podsRunning: number
  /** Sessions that were asked for. */
  sessionsOpened: number
}

const ZONES = ['zone-a', 'zone-b', 'zone-c'] as const

/** Nodes are spread over zones as machines of a real fleet are, so that there is something to select and group by. */
function zoneOf(number: number): string {
  return ZONES[number % ZONES.length] ?? ZONES[0]
}

/** How many nodes knock at the core's door at a time. */
const JOINING_MAX = 32
const NUMBER_LENGTH = 4

export class SimulatedNodes implements AsyncDisposable {
  readonly #options: SimulatedNodesOptions
  readonly #agents: Agent[] = []
  readonly #machines: SimulatedMachine[] = []
  readonly #counts = { podsCreated: 0, sessionsOpened: 0 }
  #accepted = 0
  #isDisposed = false

  constructor(options: SimulatedNodesOptions) {
    this.#options = options
  }

  /** Settles when a core has accepted every node, or when the nodes were told to end. */
  async join(): Promise<void> {
    let next = 1
    const joinNext = async (): Promise<void> => {
      while (next <= this.#options.count && !this.#isDisposed) {
        const number = next
        next += 1
        await this.#joinOne(number)
      }
    }
    await Promise.all(Array.from({ length: JOINING_MAX }, joinNext))
  }

  counts(): SimulatedCounts {
    const podsRunning = this.#machines.reduce((sum, { pods }) => sum + pods.size, 0)
    return { ...this.#counts, podsRunning }
  }

  /** Ends every pod, and lets the core hear of it. */
  async stopPods(): Promise<void> {
    await Promise.all(this.#agents.map((agent) => agent.stopPods(0)))
  }

  /** The nodes leave; to the core they look like machines that were switched off. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true
    await Promise.all(this.#agents.map((agent) => agent[Symbol.asyncDispose]()))
  }

  async #joinOne(number: number): Promise<void> {
    const { clock, log, delays, prefix, coreAddress, joinToken, authority, resources, onAccepted } = this.#options
    const machine = new SimulatedMachine(clock, delays, this.#counting)
    this.#machines.push(machine)
    const agent = await createAgent({
      coreAddress,
      joinToken,
      authority,
      identityStore: identityInMemory(),
      nodeName: `${prefix}-${String(number).padStart(NUMBER_LENGTH, '0')}`,
      dataDir: '', // Nothing is kept on disk.
      runtimes: [createSimulatedRuntime(machine)],
      clock,
      log,
      resources,
      labels: { zone: zoneOf(number) },
      ledger: createMemoryLedger(),
    })
    this.#agents.push(agent)
    await agent.accepted
    this.#accepted += 1
    onAccepted(this.#accepted)
  }

  /** Fails nothing, and counts what it is asked. */
  readonly #counting: SimulatedFaults = {
    createFailure: () => {
      this.#counts.podsCreated += 1
      return null
    },
    openFailure: () => {
      this.#counts.sessionsOpened += 1
      return null
    },
    sleepFailure: () => null,
    wakeFailure: () => null,
  }
}
