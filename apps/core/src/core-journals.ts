/** Everything that a core writes down, and how it comes about that it is written at last. */
import type { Clock } from '@fornax/kernel/clock'
import { inTurn, type InTurn } from '@fornax/kernel/in-turn'
import type { Log } from '@fornax/kernel/log'
import { WriteBehind } from '@fornax/kernel/write-behind'
import type { Application } from './applications/application.ts'
import { withObserved } from './applications/write-application.ts'
import { WriteDoubts } from './applications/write-doubts.ts'
import type { Fleet } from './fleet/fleet.ts'
import type { RegisteredNode } from './nodes/node.ts'
import { SessionJournal } from './sessions/session-journal.ts'
import type { Store } from './store/store.ts'

/** Which version of an application was proven, and what serves while the newest is not. */
export type RollOut = { readonly id: string; readonly isProven: boolean; readonly fallbackVersionId: string | null }

/** What is to be written of a node, or that nothing is to be there any more. */
export type NodeWord =
  | { readonly kind: 'node'; readonly node: RegisteredNode }
  | { readonly kind: 'removed'; readonly name: string }

export type CoreJournals = Disposable & {
  readonly sessions: SessionJournal
  readonly nodes: WriteBehind<NodeWord>
  readonly rollOuts: WriteBehind<RollOut>
  /** Applications are written one after another. */
  readonly writeInTurn: InTurn
  readonly writeDoubts: WriteDoubts
}

/** `fleet` is asked only once something has been written. */
export function openJournals(
  world: { readonly clock: Clock; readonly log: Log; readonly store: Store },
  fleet: () => Fleet,
): CoreJournals {
  const { clock, log, store } = world
  const sessions = new SessionJournal({
    ...world,
    current: (id) => fleet().state.sessions.get(id) ?? null,
    recorded: (session) => fleet().sessionRecorded(session),
  })
  const nodes = new WriteBehind<NodeWord>({
    clock,
    log,
    what: 'a node',
    keyOf: (word) => (word.kind === 'node' ? word.node.name : word.name),
    save: (word) => (word.kind === 'node' ? store.saveNode(word.node) : store.removeNode(word.name)),
  })
  const rollOuts = new WriteBehind<RollOut>({
    clock,
    log,
    what: 'a roll-out',
    keyOf: ({ id }) => id,
    save: ({ id, ...rollOut }) => store.saveRollOut(id, rollOut),
  })
  const writeInTurn = inTurn()
  const writeDoubts = new WriteDoubts({
    clock,
    log,
    inTurn: writeInTurn,
    read: (id) => store.application(id),
    known: (id, row) => takeOver(fleet(), id, row),
  })
  const all = [sessions, nodes, rollOuts, writeDoubts]
  return {
    sessions,
    nodes,
    rollOuts,
    writeInTurn,
    writeDoubts,
    [Symbol.dispose]: () => {
      for (const journal of all) journal[Symbol.dispose]()
    },
  }
}

/** The fleet learns what became of a write of which nobody knew. */
function takeOver(fleet: Fleet, id: string, row: Application | null): void {
  const now = fleet.state.applications.get(id)?.definition ?? null
  if (row === null) fleet.deleteApplication(id)
  else if (row.revision !== now?.revision) fleet.putApplication(withObserved(now, row))
}
