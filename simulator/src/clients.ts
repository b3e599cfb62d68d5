/** Those who open and close sessions, and what they were told. */
import type { Answer } from '@fornax/core/audit/evidence'
import type { OpenSession, OpenSessionResult, UseCases } from '@fornax/core/graphql/core-port'
import type { SessionRequest } from '@fornax/core/sessions/session'
import type { Viewer } from '@fornax/core/tenants/tenant'
import { Caller } from '@fornax/kernel/caller'
import { sleep } from '@fornax/kernel/clock'
import type { ClientStory } from './actions.ts'
import type { Chance } from './chance.ts'
import type { CoreHost, Outcome } from './core-host.ts'
import type { Ground } from './ground.ts'

/** An application as clients know it. */
export type Place = { readonly tenantId: string; readonly name: string }

export type Counts = { asked: number; answered: number; opened: number; closed: number; unanswered: number }

/** Asked again so often under a key, then given up. */
const TRIES_MAX = 40
const AGAIN_MS = 400
/** The share of sessions that stay open although nobody looks after them. */
const KEPT = 0.2
const NOTHING = (): void => undefined
/** Requests here have neither an address nor a number. */
const ORIGIN = { source: null, requestId: 'simulated' }

export class Clients {
  readonly counts: Counts = { asked: 0, answered: 0, opened: 0, closed: 0, unanswered: 0 }
  /** What was said of each session that is recorded, by its id. */
  readonly told = new Map<string, Answer>()
  /** By application id and key: every session that clients were given for it. */
  readonly byKey = new Map<string, Set<string>>()
  /** Sessions whose clients were answered since somebody last looked. */
  readonly touched = new Set<string>()
  /** Sessions that stay open to the end. */
  readonly kept = new Set<string>()
  /** Somebody wants to watch a session. */
  onWatch: (id: string) => void = () => undefined
  readonly #ground: Ground
  readonly #host: CoreHost
  readonly #chance: Chance
  readonly #given = new Map<string, SessionRequest>()
  #stories = 0
  /** How often the past was changed. Answers to questions of another past promise nothing. */
  #histories = 0
  #busy = 0

  constructor(ground: Ground, host: CoreHost) {
    this.#ground = ground
    this.#host = host
    this.#chance = ground.chance('clients')
  }

  /** How many stories are not over. */
  get busy(): number {
    return this.#busy
  }

  /** What a client gave its session; null when there is no such client. */
  given(name: string): Pick<SessionRequest, 'data' | 'env'> | null {
    return this.#given.get(name) ?? null
  }

  /** What clients know now; the result makes it what they know again, and what came since is forgotten. */
  remember(): () => void {
    const told = new Map(this.told)
    const byKey = new Map(Array.from(this.byKey, ([key, ids]) => [key, new Set(ids)]))
    return () => {
      this.#histories += 1
      this.told.clear()
      this.byKey.clear()
      for (const [id, answer] of told) this.told.set(id, answer)
      for (const [key, ids] of byKey) this.byKey.set(key, ids)
    }
  }

  begin(story: ClientStory, place: Place): void {
    for (let index = 0; index < story.count; index += 1) {
      this.#stories += 1
      this.#busy += 1
      void this.#live(story, place, `client-${this.#stories}`).finally(() => (this.#busy -= 1))
    }
  }

  /** Closes every session that is open and that no client looks after, but for a few that stay to the end. */
  closeLeft(): void {
    const { serving } = this.#host
    for (const session of serving?.rooms.reader.sessions(null) ?? []) {
      const { id, phase, tenantId, request } = session
      if (phase === 'closed' || this.kept.has(id)) continue
      if (this.told.get(id)?.told === 'open' && request.maxLifetimeMs === null && this.#chance.isHit(KEPT)) {
        this.kept.add(id)
        continue
      }
      this.#busy += 1
      const viewer: Viewer = { tokenId: 'tok-heir', tenantId, role: 'admin' }
      void this.#close(id, viewer).finally(() => (this.#busy -= 1))
    }
  }

  async #live(story: ClientStory, place: Place, name: string): Promise<void> {
    const viewer: Viewer = { tokenId: name, tenantId: place.tenantId, role: 'developer' }
    const command = commandOf(story, place, name)
    this.#given.set(name, command.request)
    this.counts.asked += 1
    const isGone = { value: false }
    const result = await this.#open({ viewer, command, story, name, isGone })
    if (result === null) {
      this.counts.unanswered += 1
      return
    }
    this.counts.answered += 1
    if (result.kind === 'opened') this.counts.opened += 1
    if (!('session' in result) || result.kind === 'notOpened') return
    const { id } = result.session
    if (story.watches) this.onWatch(id)
    if (isGone.value || story.closesAfterMs === null) return
    await sleep(this.#ground.clock, story.closesAfterMs)
    await this.#close(id, viewer)
  }

  async #open(call: Call): Promise<OpenSessionResult | null> {
    const { story, name } = call
    let result: OpenSessionResult | null = null
    for (let tries = 1; tries <= TRIES_MAX; tries += 1) {
      const history = this.#histories
      const outcome = await this.#openOnce(call)
      this.#ground.note(`${name}: ${wordsOf(outcome)}`)
      if (outcome.kind === 'answered') {
        if (history === this.#histories) this.#remember(call, outcome.value)
        const isAgain = result !== null
        result = outcome.value
        if (isAgain || !story.asksTwice) return result
      } else if (!story.hasKey || call.isGone.value) return result
      await sleep(this.#ground.clock, 1 + this.#chance.nextInt(AGAIN_MS))
    }
    return result
  }

  async #openOnce({ viewer, command, story, isGone }: Call): Promise<Outcome<OpenSessionResult>> {
    const caller = new Caller()
    const leave = (): void => {
      isGone.value = true
      this.#ground.fault('client gone')
      this.#host.process?.life.enter(() => caller.leave())
    }
    const cancel = story.goneAfterMs === null ? NOTHING : this.#ground.clock.schedule(story.goneAfterMs, leave)
    const open = (cases: UseCases): Promise<OpenSessionResult> =>
      cases.openSession({ viewer, origin: ORIGIN }, command, caller)
    const outcome = await this.#host.call('openSession', open)
    cancel()
    return outcome
  }

  async #close(id: string, viewer: Viewer): Promise<void> {
    for (let tries = 1; tries <= TRIES_MAX; tries += 1) {
      const history = this.#histories
      const outcome = await this.#host.call('closeSession', (cases) =>
        cases.closeSession({ viewer, origin: ORIGIN }, id),
      )
      this.#ground.note(`${viewer.tokenId}: closing ${id} is ${outcome.kind}`)
      if (outcome.kind === 'answered') {
        this.counts.closed += 1
        const isPromise = outcome.value.kind === 'closing' && history === this.#histories
        if (isPromise && this.told.has(id)) this.#tell(id, 'closing')
        return
      }
      await sleep(this.#ground.clock, 1 + this.#chance.nextInt(AGAIN_MS))
    }
  }

  /** A promise begins with the answer; who wants speed above all gets none. */
  #remember({ command }: Call, result: OpenSessionResult): void {
    if (!('session' in result) || command.durability === 'memory') return
    const { id, applicationId } = result.session
    const key = command.request.idempotency?.key
    if (key !== undefined) {
      const ids = this.byKey.get(`${applicationId}/${key}`) ?? new Set()
      this.byKey.set(`${applicationId}/${key}`, ids.add(id))
    }
    const { kind } = result
    const isOver = result.session.closeReason !== null
    this.#tell(id, isOver ? 'ended' : kind === 'opened' ? 'open' : 'recorded')
  }

  /** Who was told of the end is not told otherwise by the answer to an older question. */
  #tell(id: string, told: Answer['told']): void {
    const before = this.told.get(id)?.told
    if (before === 'closing' || before === 'ended') return
    this.told.set(id, { told })
    this.touched.add(id)
  }
}

type Call = {
  readonly viewer: Viewer
  readonly command: OpenSession
  readonly story: ClientStory
  readonly name: string
  readonly isGone: { value: boolean }
}

function commandOf(story: ClientStory, place: Place, name: string): OpenSession {
  const { openTimeoutMs, closeGraceMs, killPodOnClose, idleTimeoutMs, maxLifetimeMs } = story
  const key = `key-${name}`
  const request: SessionRequest = {
    openTimeoutMs,
    closeGraceMs,
    killPodOnClose,
    idleTimeoutMs,
    maxLifetimeMs,
    data: Buffer.alloc(story.dataBytes, name),
    env: story.dataBytes > 0 ? { CLIENT: name } : {},
    labels: { client: name },
    idempotency: story.hasKey ? { key, fingerprint: key } : null,
  }
  return { application: place.name, request, wait: story.wait, durability: story.durability }
}

function wordsOf(outcome: Outcome<OpenSessionResult>): string {
  if (outcome.kind === 'cutOff') return 'is cut off'
  if (outcome.kind === 'failed') return `hears that it failed: ${outcome.error.message}`
  const { value } = outcome
  return 'session' in value ? `${value.kind} ${value.session.id} ${value.session.phase}` : value.kind
}
