/**
 * The ledger port: what a node must not forget when its agent dies. The node is
 * the authority on its workload, and this is where its word is written down.
 *
 * Commits are synchronous: one costs a few microseconds, less than a message to
 * another thread would. All of them come from `NodeRecord`, many changes at once.
 */
import type { ApplicationVersion } from '@fornax/node-model/application-version'
import type { EpochMark } from '@fornax/node-model/epoch-rules'
import type { NodeSession } from '@fornax/node-model/node-session-state'
import type { Pod } from '@fornax/node-model/pod-state'

export type Ledger = Disposable & {
  /** Everything that was committed before. */
  load(): LedgerContents
  /**
   * All of the changes and the revision, or nothing. Survives the death of the process from then on. Throws a
   * `LedgerFullError` when there is no room.
   */
  commit(changes: readonly LedgerChange[], revision: number): void
}

/** There was no room to commit: nothing was written, and it may be tried again. */
export class LedgerFullError extends Error {
  override readonly name = 'LedgerFullError'
}

export type LedgerContents = {
  /** Random, made with the ledger: another id means a new node. */
  readonly ledgerId: string
  /** Of the last report; never goes back. */
  readonly revision: number
  readonly epochMarks: readonly EpochMark[]
  readonly versions: readonly ApplicationVersion[]
  readonly pods: readonly LedgerPod[]
  readonly sessions: readonly NodeSession[]
  readonly portRests: readonly PortRest[]
}

/** A pod, and what its runtime needs to find it again. */
export type LedgerPod = {
  readonly pod: Pod
  /** The runtime's own; null until the pod runs. */
  readonly handle: string | null
  /** Ports that belong to the pod. */
  readonly hostPorts: readonly number[]
  readonly sessionFolder: string | null
  /** Whether it was ordered with secrets, which only the agent that was told them has. */
  readonly needsSecrets: boolean
}

/** A host port that nobody may have before `untilMs`. */
export type PortRest = { readonly port: number; readonly untilMs: number }

export type LedgerChange =
  | { readonly kind: 'putPod'; readonly row: LedgerPod }
  | { readonly kind: 'removePod'; readonly podId: string }
  | { readonly kind: 'putSession'; readonly session: NodeSession }
  | { readonly kind: 'removeSession'; readonly sessionId: string }
  | { readonly kind: 'putVersion'; readonly version: ApplicationVersion }
  | { readonly kind: 'removeVersion'; readonly versionId: string }
  | { readonly kind: 'putEpochMarks'; readonly marks: readonly EpochMark[] }
  | { readonly kind: 'putPortRest'; readonly rest: PortRest }
  | { readonly kind: 'removePortRest'; readonly port: number }

/** What a change is about: of several changes with one key, only the last matters. */
export function keyOfChange(change: LedgerChange): string {
  switch (change.kind) {
    case 'putPod':
      return `pod ${change.row.pod.podId}`
    case 'removePod':
      return `pod ${change.podId}`
    case 'putSession':
      return `session ${change.session.sessionId}`
    case 'removeSession':
      return `session ${change.sessionId}`
    case 'putVersion':
      return `version ${change.version.versionId}`
    case 'removeVersion':
      return `version ${change.versionId}`
    case 'putEpochMarks':
      return 'marks'
    case 'putPortRest':
      return `port ${change.rest.port}`
    default:
      return `port ${change.port}`
  }
}
