import { createLog } from '@fornax/kernel/log'
import { VirtualClock } from '@fornax/kernel/virtual-clock'
import { expect, it } from 'vitest'
import { sampleRegisteredNode } from '../../test/support/samples.ts'
import { NodeJournal } from './node-journal.ts'
import type { RegisteredNode } from './node.ts'

it('writes the newest word of a node last, and one at a time', async () => {
  const { journal, rows, answer } = world()
  journal.record(node({ isCordoned: true }))
  await turn()
  journal.record(node({ drainDeadlineMs: 5 }))
  journal.record(node({ drainDeadlineMs: 6 }))
  const written = journal.whenWritten('node-1')
  await turn()
  expect(rows).toEqual([node({ isCordoned: true })])
  answer('ok')
  await turn()
  answer('ok')
  await written
  expect(rows).toEqual([node({ isCordoned: true }), node({ drainDeadlineMs: 6 })])
})

it('tells who waits that the database failed, and writes the row when it is back', async () => {
  const { journal, rows, answer, clock } = world()
  journal.record(node({ lostAtMs: 7 }))
  const written = journal.whenWritten('node-1')
  await turn()
  answer('fails')
  await expect(written).rejects.toThrow('node-1 could not be recorded')
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
  journal.record(node({}))
  await turn()
  answer('fails')
  await turn()
  journal[Symbol.dispose]()
  clock.advance(60_000)
  await turn()
  expect(rows).toHaveLength(1)
})

function world() {
  const clock = new VirtualClock()
  const rows: RegisteredNode[] = []
  const calls: PromiseWithResolvers<void>[] = []
  const save = (row: RegisteredNode): Promise<void> => {
    rows.push(row)
    const call = Promise.withResolvers<void>()
    calls.push(call)
    return call.promise
  }
  const answer = (how: 'ok' | 'fails'): void => {
    const call = calls.shift()
    if (how === 'ok') call?.resolve()
    else call?.reject(new Error('the database is away'))
  }
  return { clock, rows, answer, journal: new NodeJournal({ clock, save, log: createLog('test', 'silent') }) }
}

function node(change: Partial<RegisteredNode>): RegisteredNode {
  return sampleRegisteredNode({ name: 'node-1', ...change })
}

/** Whatever was promised by now has been kept. */
async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}
