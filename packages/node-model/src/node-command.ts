/** What a core may ask of a node. Each may come again after a reconnect, and then does nothing more. */
import type { ApplicationVersion } from './application-version.ts'
import type { PodSecrets } from './pod-secrets.ts'

export type NodeCommand =
  | { readonly kind: 'defineVersion'; readonly version: ApplicationVersion }
  | { readonly kind: 'forgetVersion'; readonly versionId: string }
  | {
      readonly kind: 'createPod'
      readonly podId: string
      readonly versionId: string
      readonly secrets?: PodSecrets | undefined
      /** A session waits for it: it starts before pods that only fill a pool. Default: false. */
      readonly isWaitedFor?: boolean
    }
  | { readonly kind: 'stopPod'; readonly podId: string; readonly graceMs: number }
  /** Only a standby pod falls asleep. `deeperAfterMs`: how long it sleeps lightly. */
  | { readonly kind: 'hibernatePod'; readonly podId: string; readonly deeperAfterMs: number }
  | { readonly kind: 'wakePod'; readonly podId: string }
  | ({ readonly kind: 'startSession' } & StartSession)
  | ({ readonly kind: 'closeSession' } & CloseSession)
  | { readonly kind: 'forgetSessions'; readonly sessionIds: readonly string[] }
  | { readonly kind: 'sendState' }

export type StartSession = {
  readonly sessionId: string
  readonly podId: string
  readonly grantEpoch: number
  readonly remainingOpenTimeoutMs: number
  readonly data: Uint8Array
  readonly env: Readonly<Record<string, string>>
  /** Whether the pod takes no other session once this one has closed. */
  readonly killPod: boolean
  /** After how long without traffic the pod may sleep, and wakes by itself with the first packet. Default: never. */
  readonly dozeAfterMs?: number
}

export type CloseSession = { readonly sessionId: string; readonly graceMs: number; readonly killPod: boolean }
