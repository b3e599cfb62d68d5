/** Clients that watch one session until it has closed, through the real feeds. */
import { watchOne } from '@fornax/core/graphql/watch'
import type { Session } from '@fornax/core/sessions/session'
import { sleep } from '@fornax/kernel/clock'
import type { CoreHost } from './core-host.ts'
import type { CoreProcess, Serving } from './core-process.ts'
import type { Ground } from './ground.ts'

const AGAIN_MS = 50

export class SessionWatchers {
  readonly #ground: Ground
  readonly #host: CoreHost
  readonly #misdeed: (what: string) => void
  /** By session: the last that was seen of it. */
  readonly #watched = new Map<string, Session | null>()

  constructor(ground: Ground, host: CoreHost, misdeed: (what: string) => void) {
    this.#ground = ground
    this.#host = host
    this.#misdeed = misdeed
  }

  /** Watches a session for as long as it is there. */
  async follow(id: string): Promise<void> {
    if (this.#watched.has(id)) return
    this.#watched.set(id, null)
    while (this.#watched.get(id)?.phase !== 'closed') {
      const { process, serving } = this.#host
      if (process === null || serving === null) await sleep(this.#ground.clock, AGAIN_MS)
      else if (serving.rooms.reader.session(id) === null) break
      else await this.#followOnce(id, serving, process)
    }
    this.#watched.delete(id)
  }

  /** Whoever watches knows what is so. */
  *missed(serving: Serving): Generator<string> {
    for (const [id, seen] of this.#watched)
      if (seen !== serving.rooms.reader.session(id)) yield `who watches ${id} believes that it is ${seen?.phase}`
  }

  /** Until the session has closed, or the core has died. */
  async #followOnce(id: string, { feeds, rooms }: Serving, { life, ended }: CoreProcess): Promise<void> {
    const read = (): Session | null => rooms.reader.session(id)
    const events = watchOne(feeds.sessions, id, { read, isLast: ({ phase }) => phase === 'closed' })
    let last: Session | null = null
    for (;;) {
      const turn = new Promise<void>((resolve) => life.enter(resolve))
      const next = await Promise.race([turn.then(() => events.next()), ended.then(() => null)])
      if (next === null) return
      if (next.done === true) break
      this.#judge(last, next.value, life.isBehind)
      last = next.value
      this.#watched.set(id, last)
      this.#ground.note(`who watches ${id} is told ${last.phase}`)
    }
    if (last?.phase !== 'closed') this.#misdeed(`a watch of ${id} ended while it was ${last?.phase}`)
  }

  /** Each step is told at once, and none twice. */
  #judge(before: Session | null, now: Session, isBehind: boolean): void {
    if (before === null || isBehind) return
    const step = now.timeline.at(-1)
    const isNews = now.timeline.length > before.timeline.length
    const lateMs = isNews && step !== undefined ? this.#ground.clock.nowMs() - step.atMs : 0
    if (lateMs > 0) this.#misdeed(`that ${now.id} is ${now.phase} was told ${lateMs} ms late`)
    if (before === now || now.timeline.length < before.timeline.length) this.#misdeed(`${now.id} was told again`)
  }
}
