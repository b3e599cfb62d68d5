/** The load tool, from the bench's side. */
import { z } from 'zod'
import { parseLoadOutcome, type LoadJob, type LoadOutcome } from '../load/load-job.ts'
import { Child } from './child.ts'

const progressMessage = z.object({ opened: z.number(), errors: z.number() })

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

  /** One job at a time. Long ones are told of, if anybody listens. */
  async run(job: LoadJob, say: (line: string) => void = () => undefined): Promise<LoadOutcome> {
    const outcome = this.#child.message('outcome')
    const cancel = this.#child.onMessage('progress', (message) => {
      const { opened, errors } = progressMessage.parse(message)
      say(`${opened.toLocaleString('en')} sessions were available, ${errors} errors`)
    })
    this.#child.send(job)
    try {
      return parseLoadOutcome(await outcome)
    } finally {
      cancel()
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#child[Symbol.asyncDispose]()
  }
}
