/** The load tool, from the bench's side. */
import { parseLoadOutcome, type LoadJob, type LoadOutcome } from '../load/load-job.ts'
import { Child } from './child.ts'

export class LoadProcess implements AsyncDisposable {
  readonly #child: Child

  private constructor(child: Child) {
    this.#child = child
  }

  static async start(): Promise<LoadProcess> {
    const child = new Child({ name: 'the load tool', args: ['bench/src/load/main.ts'] })
    await child.message('ready')
    return new LoadProcess(child)
  }

  get pid(): number {
    return this.#child.pid
  }

  /** One job at a time. */
  async run(job: LoadJob): Promise<LoadOutcome> {
    const outcome = this.#child.message('outcome')
    this.#child.send(job)
    return parseLoadOutcome(await outcome)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#child[Symbol.asyncDispose]()
  }
}
