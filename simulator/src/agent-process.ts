/** One process of a node's agent, from its start to its end: the real agent, on a simulated machine. */
import { assembleAgent, type Agent, type AgentParts } from '@fornax/agent/agent'
import type { OpenCoreStream } from '@fornax/agent/corelink/core-stream'
import type { SimulatedMachine } from '@fornax/agent/runtime/simulated/simulated-runtime'
import type { Log } from '@fornax/kernel/log'
import { ledgerOf, runtimeOf, type LedgerPlace, type Making } from './agent-ports.ts'
import type { Ground } from './ground.ts'
import { Life, type Drift } from './life.ts'
import type { SimulatedApplications } from './simulated-applications.ts'
import type { Peer } from './peer.ts'

export type AgentProcessParts = {
  readonly ground: Ground
  readonly nodeName: string
  /** Which process of this node it is: 1, 2, 3… */
  readonly number: number
  readonly log: Log
  readonly drift: Drift
  readonly resources: AgentParts['resources']
  readonly ledger: LedgerPlace
  readonly machine: SimulatedMachine
  readonly making: Making
  readonly applications: SimulatedApplications
  readonly openStream: (agent: Peer) => OpenCoreStream
  readonly commandObeyed: NonNullable<AgentParts['commandObeyed']>
  readonly whenDead: (agent: AgentProcess) => void
}

export class AgentProcess implements Peer {
  readonly name: string
  readonly life: Life
  readonly #parts: AgentProcessParts
  #agent: Agent | null = null

  constructor(parts: AgentProcessParts) {
    const { ground, nodeName, number, log, drift, resources, machine, making } = parts
    this.#parts = parts
    this.name = nodeName
    this.life = new Life(ground.clock)
    ground.note(`${nodeName} starts its agent, the ${number}.`)
    assembleAgent({
      coreAddress: 'the core',
      openStream: parts.openStream(this),
      nodeName,
      dataDir: '/nowhere',
      runtimes: [runtimeOf(ground, this, { machine, making })],
      clock: this.life.clock(drift),
      stopwatch: () => ground.clock.nowMs(),
      log,
      resources,
      ledger: ledgerOf(ground, this, parts.ledger),
      commandObeyed: (command) => {
        if (this.life.isAlive) parts.commandObeyed(command)
      },
      sessionPlaces: parts.applications.placesFor(this),
      random: ground.chance(`agent/${nodeName}/${number}`),
    }).then(
      (agent) => (this.#agent = agent),
      (error: unknown) => {
        ground.note(`${nodeName}: its agent cannot start: ${String(error)}`)
        this.crash()
      },
    )
  }

  /** The process ends, in whatever it was doing. */
  crash(): void {
    if (!this.life.isAlive) return
    this.life.end()
    this.#parts.ground.note(`${this.name}: its agent dies`)
    this.#parts.whenDead(this)
  }

  /** Asks the process to end in order; pods go on. */
  async leave(): Promise<void> {
    const agent = this.#agent
    if (agent === null) return this.crash()
    await agent[Symbol.asyncDispose]()
    this.crash()
  }
}
