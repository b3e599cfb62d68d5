/** The ledger of an agent, looked into and, when the agent is dead, changed behind its back. */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { HOST_PORTS } from '@fornax/agent/ports/port-pool'

const LEDGER_FILES = ['ledger.db', 'ledger.db-wal'] as const

type PodRow = {
  readonly pod: { readonly podId: string; readonly phase: string }
  readonly hostPorts: readonly number[]
}

/** What a ledger says, under the data folder of an agent. */
export type LedgerRows = {
  /** Pods that have not ended. */
  readonly livingPods: readonly PodRow[]
  readonly restingPorts: readonly number[]
  /** How many rows each table has. */
  readonly rows: Readonly<Record<'pods' | 'sessions' | 'versions', number>>
}

/** Reads a copy: the file itself is left as its agent has left it. */
export function readLedger(dataDir: string): LedgerRows {
  const folder = mkdtempSync(join(tmpdir(), 'fornax-ledger-'))
  try {
    for (const name of LEDGER_FILES)
      if (existsSync(join(dataDir, 'agent', name))) copyFileSync(join(dataDir, 'agent', name), join(folder, name))
    using database = new DatabaseSync(join(folder, 'ledger.db'))
    const column = (query: string): unknown[] =>
      database
        .prepare(query)
        .all()
        .map((row) => Object.values(row)[0])
    const bodies = (table: string): unknown[] =>
      column(`SELECT body FROM ${table}`).map((body) => JSON.parse(String(body)))
    const pods = bodies('pods') as PodRow[]
    return {
      livingPods: pods.filter(({ pod }) => pod.phase !== 'terminated' && pod.phase !== 'failed'),
      restingPorts: column('SELECT port FROM port_rests').map(Number),
      rows: { pods: pods.length, sessions: bodies('sessions').length, versions: bodies('versions').length },
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** As if the agent had been away for longer than a port rests. There is such a port in any case: the last of them. */
export function letPortsRest(dataDir: string): void {
  change(dataDir, `INSERT OR IGNORE INTO port_rests VALUES (${HOST_PORTS.last}, 1); UPDATE port_rests SET until_ms = 1`)
}

/** As if the core's database were a backup from before: the agent has obeyed a higher epoch already. */
export function raiseEpochMarks(dataDir: string): void {
  change(
    dataDir,
    `UPDATE node SET value = (
       SELECT json_group_array(json_set(mark.value, '$.epoch', (mark.value ->> '$.epoch') + 100)) FROM json_each(node.value) mark
     ) WHERE name = 'epochMarks'`,
  )
}

/** As if the disk were a new one. */
export function loseLedger(dataDir: string): void {
  for (const name of LEDGER_FILES) rmSync(join(dataDir, 'agent', name), { force: true })
}

function change(dataDir: string, statement: string): void {
  using database = new DatabaseSync(join(dataDir, 'agent', 'ledger.db'))
  database.exec(`PRAGMA locking_mode = EXCLUSIVE; ${statement}`)
}
