/** Gets images before pods need them, one after another: they share one disk and one line to their registries. */
import { inTurn } from '@fornax/kernel/in-turn'
import type { Log } from '@fornax/kernel/log'
import type { ImageOrder, Runtime } from '../runtime/runtime.ts'

/** How far an image has come. */
export type ImageNews = {
  readonly phase: 'pulling' | 'present' | 'failed'
  /** Why it failed; empty otherwise. */
  readonly message: string
  readonly pulledBytes: number
}

export class ImagePreloads {
  readonly #runtimes: readonly Pick<Runtime, 'prepareImage'>[]
  readonly #log: Log
  readonly #inTurn = inTurn()

  constructor(runtimes: readonly Pick<Runtime, 'prepareImage'>[], log: Log) {
    this.#runtimes = runtimes
    this.#log = log
  }

  /** Tells what becomes of it; the last word is that it is there, or why not. */
  preload(order: ImageOrder, tell: (news: ImageNews) => void): void {
    const runtime = this.#runtimes.find(({ prepareImage }) => prepareImage !== undefined)
    if (runtime === undefined)
      return tell({ phase: 'failed', message: 'no runtime of this node runs images', pulledBytes: 0 })
    const get = async (): Promise<ImageNews> => {
      tell({ phase: 'pulling', message: '', pulledBytes: 0 })
      const arrived = (pulledBytes: number): void => tell({ phase: 'pulling', message: '', pulledBytes })
      const result = await runtime.prepareImage?.(order, arrived)
      if (result?.kind === 'present') return { phase: 'present', message: '', pulledBytes: result.sizeBytes }
      return { phase: 'failed', message: result?.reason ?? '', pulledBytes: 0 }
    }
    this.#inTurn(get).then(tell, (error: unknown) => {
      this.#log.warn({ image: order.image, err: error }, 'an image could not be preloaded')
      tell({ phase: 'failed', message: error instanceof Error ? error.message : String(error), pulledBytes: 0 })
    })
  }
}
