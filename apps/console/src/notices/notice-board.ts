/**
 * What was just done, said for a while, with a way to take it back. Not a React thing: it outlives the dialog that it
 * was done in, and the page.
 *
 *     tell ──► offered ──undo──► undoing ──► undone ──► (gone after a while)
 *                 │                 └──────► refused ─► (stays until somebody has seen it, or newer ones need the room)
 *                 └─► (gone after a while, but not while somebody is at it)
 */
import type { Cancel, Clock } from '@fornax/kernel/clock'
import { Observed, type Observable } from '../live/observable.ts'
import type { ActionOutcome } from '../ui/action.ts'

/** Something that was done and can be taken back. */
export type Deed = {
  /** What it was done to: the newest deed takes the place of an older one, which can no longer be taken back alone. */
  readonly about: string
  /** What was done, as a sentence. */
  readonly done: string
  /** What is so once it has been taken back, as a sentence. */
  readonly undone: string
  readonly undo: () => Promise<ActionOutcome>
}

export type Notice = {
  readonly id: number
  readonly deed: Deed
  readonly phase: 'offered' | 'undoing' | 'undone' | 'refused'
  readonly words: string
}

export type NoticeBoardState = {
  /** Oldest first. */
  readonly notices: readonly Notice[]
  /** What is to be heard of them now, by those who do not see them. */
  readonly spoken: string
  /** How often something was said: the same words may be said again. */
  readonly spokenCount: number
  /** How often something was taken back, or tried to be: what was asked before that may be asked again. */
  readonly undoCount: number
}

/** Why notices stay although their time is over. */
export type HoldReason = 'pointer' | 'focus'

/** Long enough to read it, to think, and to reach it. */
export const SHOWN_MS = 30_000
/** More of them would cover the page: the oldest that nobody has to see goes. */
const NOTICES_MAX = 3
export const NO_NOTICES: NoticeBoardState = { notices: [], spoken: '', spokenCount: 0, undoCount: 0 }

export class NoticeBoard {
  readonly #clock: Clock
  readonly #state = new Observed<NoticeBoardState>(NO_NOTICES)
  readonly #ends = new Map<number, Cancel>()
  readonly #held = new Set<HoldReason>()
  #lastId = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get state(): Observable<NoticeBoardState> {
    return this.#state
  }

  /** Says what was done, and offers to take it back. */
  tell(deed: Deed): void {
    this.#lastId += 1
    const before = this.#notices().find((notice) => notice.deed.about === deed.about)
    if (before !== undefined) this.#remove(before.id)
    this.#show({ id: this.#lastId, deed, phase: 'offered', words: deed.done })
  }

  /** Takes back what a notice tells of, once. */
  async undo(id: number): Promise<void> {
    const notice = this.#notices().find((one) => one.id === id)
    if (notice?.phase !== 'offered') return
    const { deed } = notice
    this.#show({ ...notice, phase: 'undoing' })
    const outcome = await deed.undo()
    // Of several, some may be undone although it failed for others.
    this.#state.set({ ...this.#state.get(), undoCount: this.#state.get().undoCount + 1 })
    if (outcome.kind === 'failed') this.#show({ ...notice, phase: 'refused', words: `Undo failed: ${outcome.message}` })
    else this.#show({ ...notice, phase: 'undone', words: `Undone: ${deed.undone}` })
  }

  dismiss(id: number): void {
    this.#remove(id)
  }

  /** Somebody points at the notices, or has focus in them, or no longer: their time begins anew then. */
  hold(reason: HoldReason, isHeld: boolean): void {
    if (isHeld) this.#held.add(reason)
    else this.#held.delete(reason)
    for (const notice of this.#notices()) this.#limit(notice)
  }

  #notices(): readonly Notice[] {
    return this.#state.get().notices
  }

  /** In its place when it is on the board; else as the newest, so that what came of it is said in any case. */
  #show(notice: Notice): void {
    const isThere = this.#notices().some(({ id }) => id === notice.id)
    const all = isThere
      ? this.#notices().map((one) => (one.id === notice.id ? notice : one))
      : [...this.#notices(), notice]
    const goes = all.length > NOTICES_MAX ? leastNeeded(all, notice.id) : undefined
    if (goes !== undefined) this.#remove(goes.id)
    this.#state.set({
      ...this.#state.get(),
      notices: all.filter((one) => one !== goes),
      spoken: spokenOf(notice),
      spokenCount: this.#state.get().spokenCount + 1,
    })
    this.#limit(notice)
  }

  #limit({ id, phase }: Notice): void {
    this.#ends.get(id)?.()
    this.#ends.delete(id)
    if (this.#held.size > 0 || phase === 'undoing' || phase === 'refused') return
    this.#ends.set(
      id,
      this.#clock.schedule(SHOWN_MS, () => this.#remove(id)),
    )
  }

  #remove(id: number): void {
    this.#ends.get(id)?.()
    this.#ends.delete(id)
    const notices = this.#notices().filter((notice) => notice.id !== id)
    // An older one that is left was heard already.
    this.#state.set({ ...this.#state.get(), notices, spoken: notices.length === 0 ? '' : this.#state.get().spoken })
  }
}

/** The oldest that waits for nobody, else the oldest. */
function leastNeeded(notices: readonly Notice[], newestId: number): Notice | undefined {
  const others = notices.filter(({ id }) => id !== newestId)
  return others.find(({ phase }) => phase === 'offered' || phase === 'undone') ?? others[0]
}

function spokenOf({ phase, words }: Notice): string {
  return phase === 'offered' ? `${words} Press u to undo it.` : words
}
