/**
 * One part, kept running: when its process dies, it is started again, until that
 * has happened too often.
 *
 *   idle ── start ──► starting ── ready ──► up ── dies ──► starting …
 *                        │ dies                 │ dies too often
 *                        ▼                      ▼
 *                  start() fails            onGaveUp
 *
 * A part that was never ready is not started again: its first failure is the
 * user's to mend.
 */
import type { Clock } from '@fornax/kernel/clock'
import { PartProcess, type PartCommand, type PartName, type PartStart, type StopBy } from './part-process.ts'
import type { PartOutput } from './part-output.ts'
import type { Ready } from './part-message.ts'
import { judgeDeath } from './restart-rules.ts'

export type PartSpec = {
  readonly name: PartName
  /** Asked at every start, because a part that comes back keeps the ports it had. */
  readonly command: () => PartCommand
  readonly readyTimeoutMs: number
  readonly stopBy: StopBy
  readonly stopTimeoutMs: number
}

export type PartPorts = {
  readonly clock: Clock
  readonly output: PartOutput
  readonly say: (line: string) => void
  /** A process of this part runs now, or none does. */
  readonly onProcess: (name: PartName, pid: number | null) => void
  readonly onReady: (ready: Ready) => void
  readonly onGaveUp: (message: string) => void
}

export class Part {
  readonly #spec: PartSpec
  readonly #ports: PartPorts
  #process: PartProcess | null = null
  #deathsMs: readonly number[] = []
  #isStopping = false
  #keeping: Promise<void> = Promise.resolve()

  constructor(spec: PartSpec, ports: PartPorts) {
    this.#spec = spec
    this.#ports = ports
  }

  /** Starts it for the first time. From `ready` on it is kept running. */
  async start(): Promise<PartStart> {
    const outcome = await this.#launch()
    if (outcome.kind === 'ready') this.#keeping = this.#keep()
    return outcome
  }

  /** Shows only what is an error, because the parts around it end. */
  hush(): void {
    this.#ports.output.hush()
  }

  /** Ends it for good. */
  async stop(): Promise<void> {
    this.#isStopping = true
    await this.#process?.stop(this.#spec.stopBy, this.#spec.stopTimeoutMs)
    await this.#keeping
    this.#ports.onProcess(this.#spec.name, null)
  }

  /** Ends it for good, at once. */
  kill(): void {
    this.#isStopping = true
    this.#process?.kill()
  }

  async #launch(): Promise<PartStart> {
    const child = new PartProcess(this.#spec.command(), this.#ports.output, this.#ports.clock)
    this.#process = child
    this.#ports.onProcess(this.#spec.name, child.pid ?? null)
    const outcome = await child.started(this.#spec.readyTimeoutMs)
    if (outcome.kind === 'ready') this.#ports.onReady(outcome.ready)
    return outcome
  }

  async #keep(): Promise<void> {
    const { name } = this.#spec
    while (this.#process !== null) {
      const { how } = await this.#process.ended
      if (this.#isStopping) return
      const verdict = judgeDeath(this.#deathsMs, this.#ports.clock.nowMs())
      if (verdict.kind === 'giveUp') {
        this.#ports.onGaveUp(`The ${name} ${how}, for the ${ordinal(verdict.deaths)} time within a minute.`)
        return
      }
      this.#deathsMs = verdict.deathsMs
      this.#ports.say(`The ${name} ${how}; starting it again (${verdict.attempt} of 3 within a minute).`)
      await this.#launch()
    }
  }
}

function ordinal(count: number): string {
  return ['', 'first', 'second', 'third', 'fourth'][count] ?? `${count}th`
}
