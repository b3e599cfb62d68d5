import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { describeLedgerContract } from './ledger.contract.ts'
import { createMemoryLedger, LedgerMemory } from './memory-ledger.ts'
import { openSqliteLedger } from './sqlite-ledger.ts'

describeLedgerContract('memory ledger', () => {
  const memory = new LedgerMemory()
  return { open: () => createMemoryLedger(memory), remove: () => undefined }
})

describeLedgerContract('sqlite ledger', () => {
  const folder = scratch()
  return { open: () => opened(join(folder.path, 'ledger.db')), remove: () => folder[Symbol.dispose]() }
})

it('refuses to share a file with another agent', () => {
  using folder = scratch()
  const path = join(folder.path, 'ledger.db')
  using owner = opened(path)
  expect(openSqliteLedger(path)).toMatchObject({ kind: 'refused', problem: expect.stringContaining('another agent') })
  expect(owner.load().revision).toBe(0)
})

it('does not touch the file of a newer agent', () => {
  using folder = scratch()
  const path = join(folder.path, 'ledger.db')
  const newer = new DatabaseSync(path)
  newer.exec('PRAGMA user_version = 99')
  newer.close()
  expect(openSqliteLedger(path)).toMatchObject({ kind: 'refused', problem: expect.stringContaining('newer') })
})

it.each([
  ['is not a database', 'no database at all, but long enough to be taken for one'],
  ['has foreign tables', null],
  ['holds rows that make no sense', 'rows'],
])('begins anew, keeping the old file, when the file %s', (_what, content) => {
  using folder = scratch()
  const path = join(folder.path, 'ledger.db')
  if (content === 'rows') spoilRows(path)
  else if (content === null) makeForeign(path)
  else writeFileSync(path, content.repeat(100))
  const result = openSqliteLedger(path)
  expect(result.kind).toBe('replaced')
  if (result.kind === 'refused') return
  expect(result.ledger.load()).toMatchObject({ revision: 0, pods: [] })
  result.ledger[Symbol.dispose]()
  expect(readdirSync(folder.path)).toContain('ledger.db.broken-1')
})

it('says what to do when the folder does not exist', () => {
  expect(openSqliteLedger('/no/such/folder/ledger.db')).toMatchObject({
    kind: 'refused',
    problem: expect.stringContaining('check that its folder is writable'),
  })
})

function spoilRows(path: string): void {
  opened(path)[Symbol.dispose]()
  const database = new DatabaseSync(path)
  database.exec(`INSERT INTO pods VALUES ('pod-1', 'standby', '{}')`)
  database.close()
}

function makeForeign(path: string): void {
  const database = new DatabaseSync(path)
  database.exec('CREATE TABLE guests (name TEXT)')
  database.close()
}

function opened(path: string) {
  const result = openSqliteLedger(path)
  if (result.kind !== 'opened') throw new Error(`the ledger did not open: ${JSON.stringify(result)}`)
  return result.ledger
}

function scratch() {
  const path = mkdtempSync(join(tmpdir(), 'fornax-ledger-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}
