/** A crowd of idle connections in a process of its own, so that neither side runs out of files for the other. */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Held, HolderOrder } from './holder.ts'

/** Ten thousand, and what a process needs besides. */
const FILES_NEEDED = 13_000

/** Whether a process here may have as many files open as the crowd needs; Node asks for the most it can get. */
export function canHoldCrowd(): boolean {
  const [, hard = '0'] = /^Max open files\s+\S+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
  return Number(hard) >= FILES_NEEDED
}

export class IdleCrowd implements AsyncDisposable {
  readonly #holder: ChildProcess
  readonly #ended: Promise<unknown[]>
  readonly #port: number

  constructor(apiUrl: string) {
    this.#port = Number(new URL(apiUrl).port)
    this.#holder = fork(join(import.meta.dirname, 'holder.ts'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    this.#ended = once(this.#holder, 'exit')
  }

  /** Opens sockets of whoever shows this, which stay; null: connections on which nothing is said. */
  open(count: number, token: string | null): Promise<Held> {
    const authorization = token === null ? null : `Bearer ${token}`
    return this.#ask({ kind: 'open', port: this.#port, count, authorization })
  }

  count(): Promise<Held> {
    return this.#ask({ kind: 'count' })
  }

  close(): Promise<Held> {
    return this.#ask({ kind: 'close' })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#holder.kill('SIGKILL')
    await this.#ended
  }

  async #ask(order: HolderOrder): Promise<Held> {
    this.#holder.send(order)
    const answer: unknown[] = await Promise.race([once(this.#holder, 'message'), this.#ended])
    const [held] = answer
    if (typeof held !== 'object' || held === null) throw new Error('the holder of the crowd ended')
    return held as Held
  }
}
