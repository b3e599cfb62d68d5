/** A ledger for simulated nodes: it lasts as long as the object that holds it. */
import { newId } from '@fornax/kernel/ids'
import { unreachable } from '@fornax/kernel/assert'
import type { ApplicationVersion } from '@fornax/node-model/application-version'
import type { EpochMark } from '@fornax/node-model/epoch-rules'
import type { NodeSession } from '@fornax/node-model/node-session-state'
import type { Ledger, LedgerChange, LedgerContents, LedgerPod } from './ledger.ts'

/** What outlives the ledgers that are opened over it, one after the other. */
export class LedgerMemory {
  readonly ledgerId: string
  revision = 0
  epochMarks: readonly EpochMark[] = []
  readonly versions = new Map<string, ApplicationVersion>()
  readonly pods = new Map<string, LedgerPod>()
  readonly sessions = new Map<string, NodeSession>()
  readonly portRests = new Map<number, number>()

  constructor(ledgerId: string = newId('led')) {
    this.ledgerId = ledgerId
  }
}

/** Opens a ledger over a memory; the next one opened over it continues. */
export function createMemoryLedger(memory: LedgerMemory = new LedgerMemory()): Ledger {
  return {
    load: () => contentsOf(memory),
    commit: (changes, revision) => {
      for (const change of changes) apply(memory, change)
      memory.revision = revision
    },
    [Symbol.dispose]: () => undefined,
  }
}

function contentsOf(memory: LedgerMemory): LedgerContents {
  return {
    ledgerId: memory.ledgerId,
    revision: memory.revision,
    epochMarks: memory.epochMarks,
    versions: [...memory.versions.values()],
    pods: [...memory.pods.values()],
    sessions: [...memory.sessions.values()],
    portRests: Array.from(memory.portRests, ([port, untilMs]) => ({ port, untilMs })),
  }
}

function apply(memory: LedgerMemory, change: LedgerChange): void {
  switch (change.kind) {
    case 'putPod':
      memory.pods.set(change.row.pod.podId, change.row)
      return
    case 'removePod':
      memory.pods.delete(change.podId)
      return
    case 'putSession':
      memory.sessions.set(change.session.sessionId, change.session)
      return
    case 'removeSession':
      memory.sessions.delete(change.sessionId)
      return
    case 'putVersion':
      memory.versions.set(change.version.versionId, change.version)
      return
    case 'removeVersion':
      memory.versions.delete(change.versionId)
      return
    case 'putEpochMarks':
      memory.epochMarks = change.marks
      return
    case 'putPortRest':
      memory.portRests.set(change.rest.port, change.rest.untilMs)
      return
    case 'removePortRest':
      memory.portRests.delete(change.port)
      return
    default:
      unreachable(change)
  }
}
