/** The readers of watches, from the bench's side. */
import { parseReadersReport, type ReadersJob, type ReadersReport } from '../readers/readers-job.ts'
import { Child } from './child.ts'

export class ReadersProcess implements AsyncDisposable {
  readonly #child: Child

  private constructor(child: Child) {
    this.#child = child
  }

  /** Settles when every reader has its snapshot; then some of them stop reading. */
  static async start(job: ReadersJob): Promise<ReadersProcess> {
    const child = new Child({ name: 'the process of readers', args: ['bench/src/readers/main.ts'] })
    try {
      await child.message('ready')
      const watching = child.message('watching')
      child.send(job)
      await watching
      child.send({ type: 'stall' })
    } catch (error) {
      await child[Symbol.asyncDispose]()
      throw error
    }
    return new ReadersProcess(child)
  }

  /** All read again, and compare what they know with what there is. */
  async finish(perApplication: number): Promise<ReadersReport> {
    const report = this.#child.message('report')
    this.#child.send({ type: 'finish', perApplication })
    return parseReadersReport(await report)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#child[Symbol.asyncDispose]()
  }
}
