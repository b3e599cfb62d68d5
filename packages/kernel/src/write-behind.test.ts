import { expect, it } from 'vitest'
import { createLog } from './log.ts'
import { VirtualClock } from './virtual-clock.ts'
import { WriteBehind } from './write-behind.ts'

type Row = { readonly name: string; readonly value: number }

it('writes the newest value of a key last, and one at a time', async () => {
  const { journal, rows, answer } = world()
  journal.record(row(1))
  await turn()
  journal.record(row(5))
  journal.record(row(6))
  const written = journal.whenWritten('node-1')
  await turn()
  expect(rows).toEqual([row(1)])
  answer('ok')
  await turn()
  answer('ok')
  await written
  expect(rows).toEqual([row(1), row(6)])
})

it('tells who waits that the database failed, and writes the row when it is back', async () => {
  const { journal, rows, answer, clock } = world()
  journal.record(row(7))
  const written = journal.whenWritten('node-1')
  await turn()
  answer('fails')
  await expect(written).rejects.toThrow('a row (node-1) could not be recorded')
  expect(rows).toHaveLength(1)
  clock.advance(1_000)
  await turn()
  expect(rows).toHaveLength(2)
  const again = journal.whenWritten('node-1')
  answer('ok')
  await again
  clock.advance(10_000)
  expect(rows).toHaveLength(2)
})

it('has nothing to wait for when nothing is unwritten', async () => {
  await expect(world().journal.whenWritten('node-1')).resolves.toBeUndefined()
})

it('tries nothing after its end', async () => {
  const { journal, rows, answer, clock } = world()
  journal.record(row(1))
  await turn()
  answer('fails')
  await turn()
  journal[Symbol.dispose]()
  clock.advance(60_000)
  await turn()
  expect(rows).toHaveLength(1)
})

it('leaves nobody waiting at its end', async () => {
  const { journal, answer } = world()
  journal.record(row(1))
  await turn()
  journal.record(row(2))
  const during = journal.whenWritten('node-1')
  journal[Symbol.dispose]()
  answer('ok')
  await expect(during).rejects.toThrow('a row (node-1) was not recorded any more')
  await expect(journal.whenWritten('node-1')).rejects.toThrow('was not recorded any more')
})

function world() {
  const clock = new VirtualClock()
  const rows: Row[] = []
  const calls: PromiseWithResolvers<void>[] = []
  const save = (saved: Row): Promise<void> => {
    rows.push(saved)
    const call = Promise.withResolvers<void>()
    calls.push(call)
    return call.promise
  }
  const answer = (how: 'ok' | 'fails'): void => {
    const call = calls.shift()
    if (how === 'ok') call?.resolve()
    else call?.reject(new Error('the database is away'))
  }
  return {
    clock,
    rows,
    answer,
    journal: new WriteBehind<Row>({ ...about, clock, save, log: createLog('test', 'silent') }),
  }
}

const about = { what: 'a row', keyOf: ({ name }: Row) => name }

function row(value: number): Row {
  return { name: 'node-1', value }
}

/** Whatever was promised by now has been kept. */
async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}
