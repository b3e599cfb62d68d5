/** A node: a machine that runs pods, a ledger that lasts, and agents that come and go. */
import type { NodeResources } from '@fornax/agent/config'
import { LedgerMemory } from '@fornax/agent/ledger/memory-ledger'
import type { PodOrder } from '@fornax/agent/runtime/runtime'
import { SimulatedMachine } from '@fornax/agent/runtime/simulated/simulated-runtime'
import type { NodeAct } from '@fornax/core/audit/evidence'
import type { Log } from '@fornax/kernel/log'
import { AgentProcess } from './agent-process.ts'
import type { Making } from './agent-ports.ts'
import type { Chance } from './chance.ts'
import type { Ground } from './ground.ts'
import type { Drift } from './life.ts'
import { AT_EASE, type MachineMood } from './machine-mood.ts'
import { Line } from './line.ts'
import { SimulatedApplications } from './simulated-applications.ts'
import { Wire, type CoreDoor } from './wire.ts'

export type NodeParts = {
  readonly ground: Ground
  readonly name: string
  readonly log: Log
  readonly resources: NodeResources
  readonly drift: Drift
  readonly findCore: () => CoreDoor | null
  /** Told what a session was given, as its application got it. */
  readonly delivered: ConstructorParameters<typeof SimulatedApplications>[0]['delivered']
  /** Something about the node has changed. */
  readonly touched: (nodeName: string) => void
  readonly acted: (act: NodeAct) => void
}

/** How long an agent is away when it dies and nobody says otherwise. */
const DOWN_MS = 300

export class SimulatedNode implements Making {
  readonly name: string
  readonly line: Line
  readonly machine: SimulatedMachine
  readonly resources: NodeResources
  memory: LedgerMemory
  mood: MachineMood = AT_EASE
  /** Whether the disk that its ledger is on has no room. */
  isFull = false
  readonly applications: SimulatedApplications
  readonly #parts: NodeParts
  readonly #chance: Chance
  readonly #restChance: Chance
  #process: AgentProcess | null = null
  #processes = 0
  #ledgers = 0
  #wires = 0
  /** Of the frame that the agent takes in, or took in last. */
  #heard = { coreId: '', epoch: 0 }
  /** That this ledger's agents have heard. */
  #highestEpoch = 0
  #downMs = DOWN_MS
  #hanging: (() => void)[] = []
  readonly #failedOnce = new Set<string>()

  constructor(parts: NodeParts) {
    const { ground, name } = parts
    this.#parts = parts
    this.name = name
    this.resources = parts.resources
    this.line = new Line(ground, name)
    this.#chance = ground.chance(`machine/${name}`)
    this.#restChance = ground.chance(`rest/${name}`)
    this.machine = new SimulatedMachine(ground.clock, undefined, {
      createFailure: (order) => this.#createFailure(order),
      openFailure: () => null,
      sleepFailure: (podId) => this.#restFailure(podId, this.mood.sleepless, 'pod not falling asleep'),
      wakeFailure: (podId) => this.#restFailure(podId, this.mood.unwakeable, 'pod not waking'),
    })
    this.applications = new SimulatedApplications({
      ground,
      nodeName: name,
      mood: () => this.mood,
      isRunning: (podId) => this.machine.pods.get(podId)?.lastEnd === null,
      isFrozen: (podId) => this.machine.pods.get(podId)?.isFrozen === true,
      whenThawed: (podId, act) => this.machine.pods.get(podId)?.whenThawed(act),
      delivered: parts.delivered,
    })
    this.memory = this.#newMemory()
  }

  get process(): AgentProcess | null {
    return this.#process
  }

  start(): void {
    const parts = this.#parts
    const { ground, log, drift } = parts
    this.#processes += 1
    this.#process = new AgentProcess({
      ground,
      log,
      drift,
      nodeName: this.name,
      number: this.#processes,
      resources: this.resources,
      ledger: {
        memory: this.memory,
        isFull: () => this.#isLedgerFull(),
        onCommit: () => parts.touched(this.name),
      },
      commandObeyed: ({ kind }) => {
        parts.acted({ nodeName: this.name, kind, ...this.#heard, highestEpoch: this.#highestEpoch })
      },
      machine: this.machine,
      making: this,
      applications: this.applications,
      openStream: (agent) => (listener) => {
        this.#wires += 1
        const { findCore } = this.#parts
        return new Wire({
          ground,
          line: this.line,
          name: `${this.name}/${this.#wires}`,
          agent,
          findCore,
          listener,
          onEpoch: (coreId, epoch) => {
            this.#heard = { coreId, epoch }
            this.#highestEpoch = Math.max(this.#highestEpoch, epoch)
          },
        })
      },
      whenDead: (agent) => this.#died(agent, true),
    })
  }

  /** The agent dies; another one starts after a while. Without its ledger, it is a new node to the core. */
  crash(options: { readonly downMs: number; readonly keepsLedger: boolean }): void {
    if (!options.keepsLedger) this.memory = this.#newMemory()
    this.#downMs = options.downMs
    this.#process?.crash()
    this.#downMs = DOWN_MS
  }

  /** The agent ends in order, and another one starts. */
  leave(): void {
    void this.#process?.leave()
  }

  /** The machine loses its power: its pods are gone, and nobody says good-bye. */
  reboot(downMs: number): void {
    const process = this.#process
    this.machine.pods.clear()
    this.applications.forgetAll()
    this.#hanging = []
    if (process === null) return
    for (const wire of this.line.wires) wire.agentDied(process, false)
    this.#downMs = downMs
    process.crash()
    this.#downMs = DOWN_MS
  }

  /** Everything works again. */
  heal(): void {
    this.mood = AT_EASE
    const hanging = this.#hanging
    this.#hanging = []
    for (const goOn of hanging) goOn()
    this.applications.heal()
  }

  started({ podId, version }: PodOrder): void {
    this.applications.start(podId, version.image)
  }

  removed(podId: string): void {
    this.applications.forget(podId)
  }

  async whenMade({ podId, version }: PodOrder): Promise<void> {
    const { createMs, openMs, closeMs, stopMs, sleepMs, wakeMs, hanging } = this.mood
    const draw = (mostMs: number): number => (mostMs === 0 ? 0 : this.#chance.nextInt(mostMs + 1))
    const isHanging = this.#chance.isHit(hanging)
    const waitMs = draw(createMs)
    this.machine.delays = {
      createMs: 0,
      openMs: draw(openMs),
      closeMs: draw(closeMs),
      stopMs: draw(stopMs),
      sleepMs: this.#restChance.nextInt(sleepMs + 1),
      wakeMs: this.#restChance.nextInt(wakeMs + 1),
      atOnceMax: Number.POSITIVE_INFINITY,
    }
    if (waitMs > 0) await new Promise<void>((resolve) => this.#parts.ground.clock.schedule(waitMs, resolve))
    if (!isHanging || this.mood.hanging === 0) return
    this.#parts.ground.fault('pod creation hanging')
    this.#parts.ground.note(`${this.name}: the making of ${podId} of ${version.image} hangs`)
    await new Promise<void>((resolve) => this.#hanging.push(resolve))
  }

  #isLedgerFull(): boolean {
    if (this.isFull) this.#parts.ground.fault('ledger full')
    return this.isFull
  }

  #createFailure({ podId, version: { versionId, image } }: PodOrder): string | null {
    if (image === 'exits-early')
      this.#parts.ground.clock.schedule(this.#chance.between(20, 3_000), () => this.machine.endPod(podId))
    const isFirst = image === 'fails-once' && !this.#failedOnce.has(versionId)
    if (isFirst) this.#failedOnce.add(versionId)
    if (!this.#chance.isHit(this.mood.failing) && image !== 'cannot-start' && !isFirst) return null
    this.#parts.ground.fault('pod creation failing')
    this.#parts.ground.note(`${this.name}: ${podId} cannot be made`)
    return 'the machine cannot make it'
  }

  #restFailure(podId: string, share: number, fault: string): string | null {
    if (!this.#restChance.isHit(share)) return null
    this.#parts.ground.fault(fault)
    this.#parts.ground.note(`${this.name}: ${fault}: ${podId}`)
    return 'the machine cannot do it'
  }

  #died(agent: AgentProcess, isNoticed: boolean): void {
    if (this.#process !== agent) return
    this.#process = null
    for (const wire of this.line.wires) wire.agentDied(agent, isNoticed)
    this.#parts.ground.clock.schedule(this.#downMs, () => {
      if (this.#process === null) this.start()
    })
  }

  #newMemory(): LedgerMemory {
    this.#highestEpoch = 0
    this.#ledgers += 1
    return new LedgerMemory(`led-${this.name}-${this.#ledgers}`)
  }
}
