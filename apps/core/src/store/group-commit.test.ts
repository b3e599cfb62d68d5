import { VirtualClock } from '@fornax/kernel/virtual-clock'
import { array, assert, asyncProperty, boolean, integer, tuple } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GroupCommit, type GroupBounds } from './group-commit.ts'
import { JournalFullError } from './store-error.ts'

type Row = { readonly id: string; readonly value: number }

class RowFault extends Error {}

describe('a group commit', () => {
  it('writes the first row after a quiet moment at once', async () => {
    const { journal, commits } = world()
    await journal.record([row('a', 1)])
    expect(commits).toEqual([['a1']])
  })

  it('gathers what comes in the same moment, and while another group is written', async () => {
    const { journal, commits, hold } = world({ spacingMs: 0 })
    const release = hold()
    const first = [journal.record([row('a', 1)]), journal.record([row('b', 1)])]
    await turns()
    const second = [journal.record([row('c', 1)]), journal.record([row('d', 1), row('e', 1)])]
    await turns()
    expect(commits).toEqual([['a1', 'b1']])
    release()
    await Promise.all([...first, ...second])
    expect(commits).toEqual([
      ['a1', 'b1'],
      ['c1', 'd1', 'e1'],
    ])
  })

  it('lets a few go without spacing, and again after a quiet moment', async () => {
    const { journal, commits, clock } = world({ spacingMs: 2, burst: 2 })
    for (const id of ['a', 'b', 'c']) await journal.record([row(id, 1)])
    const fourth = journal.record([row('d', 1)])
    await turns()
    expect(commits).toHaveLength(3)
    clock.advance(2)
    await fourth
    clock.advance(100)
    for (const id of ['e', 'f', 'g']) await journal.record([row(id, 1)])
    expect(commits).toHaveLength(7)
  })

  it('gathers for the spacing under load, and not a moment longer', async () => {
    const { journal, commits, clock } = world({ spacingMs: 2 })
    await journal.record([row('a', 1)])
    const later = [journal.record([row('b', 1)])]
    await turns()
    clock.advance(1)
    later.push(journal.record([row('c', 1)]))
    await turns()
    expect(commits).toHaveLength(1)
    clock.advance(1)
    await Promise.all(later)
    expect(commits).toEqual([['a1'], ['b1', 'c1']])
  })

  it('does not settle before the rows are written', async () => {
    const { journal, hold } = world()
    const release = hold()
    let isSettled = false
    const recorded = journal.record([row('a', 1)]).then(() => (isSettled = true))
    await turns()
    expect(isSettled).toBe(false)
    release()
    await recorded
  })

  it('keeps the last of rows of one id that wait together, and counts them once', async () => {
    const { journal, commits } = world({ waitingRowsMax: 2 })
    await Promise.all([journal.record([row('a', 1)]), journal.record([row('a', 2)]), journal.record([row('a', 3)])])
    expect(commits).toEqual([['a3']])
  })

  it('splits what is more than a group, and keeps the order', async () => {
    const { journal, commits } = world({ rowsMax: 2, spacingMs: 0 })
    await journal.record([row('a', 1), row('b', 1), row('c', 1), row('a', 2), row('d', 1)])
    expect(commits).toEqual([['a1', 'b1'], ['c1', 'a2'], ['d1']])
  })

  it('splits by size as well', async () => {
    const { journal, commits } = world({ bytesMax: 20, spacingMs: 0 })
    await journal.record([row('a', 1), row('b', 1), row('c', 1)])
    expect(commits).toEqual([['a1', 'b1'], ['c1']])
  })

  it('refuses what it has no room for, whole, and has room again later', async () => {
    const { journal, commits, hold } = world({ waitingRowsMax: 3, spacingMs: 0 })
    const release = hold()
    const waiting = journal.record([row('a', 1), row('b', 1)])
    await turns()
    await expect(journal.record([row('c', 1), row('d', 1)])).rejects.toThrow(JournalFullError)
    release()
    await waiting
    await journal.record([row('c', 1), row('d', 1)])
    expect(commits.flat()).toEqual(['a1', 'b1', 'c1', 'd1'])
  })

  it('refuses what there are no bytes left for', async () => {
    const { journal, hold } = world({ waitingBytesMax: 15 })
    const release = hold()
    const waiting = journal.record([row('a', 1), row('b', 1)])
    await expect(journal.record([row('c', 1)])).rejects.toThrow(JournalFullError)
    release()
    await waiting
  })

  it('tells every caller of a group that it failed, and nobody else', async () => {
    const { journal, failNext } = world({ rowsMax: 2, spacingMs: 0 })
    failNext(new Error('the disk is full'))
    const callers = [journal.record([row('a', 1)]), journal.record([row('b', 1)]), journal.record([row('c', 1)])]
    const results = await Promise.allSettled(callers)
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled'])
  })

  it('fails only the caller whose row is at fault', async () => {
    const { journal, commits } = world()
    const callers = [
      journal.record([row('a', 1), row('b', -1)]),
      journal.record([row('c', 1)]),
      journal.record([row('d', -1)]),
    ]
    const results = await Promise.allSettled(callers)
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected'])
    expect(commits.flat()).toEqual(['a1', 'c1'])
  })

  it('writes what waits when it is closed, and takes nothing more', async () => {
    const { journal, commits } = world({ spacingMs: 0 })
    const waiting = [journal.record([row('a', 1)]), journal.record([row('b', 1)])]
    await journal[Symbol.asyncDispose]()
    await Promise.all(waiting)
    expect(commits).toEqual([['a1', 'b1']])
    await expect(journal.record([row('c', 1)])).rejects.toThrow('closed')
  })

  it('ends with the last row of each id, in any order of recording and writing', async () => {
    const steps = array(tuple(integer({ min: 0, max: 5 }), boolean()), { maxLength: 60 })
    await assert(
      asyncProperty(steps, integer({ min: 1, max: 7 }), async (recorded, rowsMax) => {
        const { journal, written } = world({ rowsMax, spacingMs: 0 })
        const last = new Map<string, number>()
        const callers: Promise<void>[] = []
        for (const [index, [id, isPause]] of recorded.entries()) {
          last.set(`${id}`, index)
          callers.push(journal.record([row(`${id}`, index)]))
          if (isPause) await turns()
        }
        await Promise.all(callers)
        expect(written).toEqual(last)
      }),
    )
  })
})

function row(id: string, value: number): Row {
  return { id, value }
}

const BOUNDS: GroupBounds = {
  spacingMs: 2,
  burst: 0,
  rowsMax: 100,
  bytesMax: 1_000,
  waitingRowsMax: 1_000,
  waitingBytesMax: 10_000,
}

/** A journal of rows of ten bytes, and what was written. A negative value is refused. */
function world(bounds: Partial<GroupBounds> = {}): {
  journal: GroupCommit<Row>
  clock: VirtualClock
  commits: string[][]
  written: Map<string, number>
  hold: () => () => void
  failNext: (error: Error) => void
} {
  const clock = new VirtualClock()
  const commits: string[][] = []
  const written = new Map<string, number>()
  let gate: Promise<void> | null = null
  let failure: Error | null = null
  const commit = async (rows: readonly Row[]): Promise<void> => {
    const failing = failure
    failure = null
    if (failing !== null) throw failing
    if (rows.some(({ value }) => value < 0)) throw new RowFault('negative')
    commits.push(rows.map(({ id, value }) => `${id}${value}`))
    await gate
    for (const { id, value } of rows) written.set(id, value)
  }
  const journal = new GroupCommit<Row>({
    clock,
    commit,
    idOf: ({ id }) => id,
    bytesOf: () => 10,
    isRowFault: (error) => error instanceof RowFault,
    bounds: { ...BOUNDS, ...bounds },
  })
  const hold = (): (() => void) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    gate = promise
    return resolve
  }
  const failNext = (error: Error): void => {
    failure = error
  }
  return { journal, clock, commits, written, hold, failNext }
}

/** Lets everything happen that needs no timer. */
async function turns(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}
