/**
 * Moves a world: one event of its clock, then everything that follows from it in the same turn, then a look at what
 * came of it. The event loop of Node does the turns: between two callbacks of its check phase all microtasks run,
 * and nothing else. So many steps share one round of the loop, and each is still looked at by itself.
 */
import type { Guard } from './guard.ts'

/** Taken before any guard stands. */
const later = globalThis.setImmediate

const STEPS_PER_ROUND = 64

export type Engine = {
  readonly guard: Guard
  /** One event; false when there is none. */
  readonly step: () => boolean
  /** Looks at what came of it; true: go on. Not guarded. */
  readonly look: () => boolean
}

/** Runs until a look says that it is enough, or there is nothing to do. Rejects with what a step throws. */
export function run({ guard, step, look }: Engine): Promise<void> {
  return new Promise((resolve, reject) => {
    let isOver = false
    const end = (): void => {
      isOver = true
      guard.off()
      resolve()
    }
    const fail = (error: unknown): void => {
      isOver = true
      guard.off()
      reject(error instanceof Error ? error : new Error('a step failed', { cause: error }))
    }
    const move = (): void => {
      if (isOver) return
      guard.on()
      try {
        if (!step()) end()
      } catch (error) {
        fail(error)
      }
    }
    const check = (): void => {
      if (isOver) return
      guard.off()
      try {
        if (!look()) end()
      } catch (error) {
        fail(error)
      }
    }
    const round = (): void => {
      if (isOver) return
      for (let count = 0; count < STEPS_PER_ROUND; count += 1) {
        later(move)
        later(check)
      }
      later(round)
    }
    round()
  })
}
