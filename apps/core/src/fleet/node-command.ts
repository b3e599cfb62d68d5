/** What the core wants of a node, in the core's own words. */
import type { ApplicationVersion } from '../applications/application.ts'

export type NodeCommand =
  | { readonly kind: 'defineVersion'; readonly version: ApplicationVersion; readonly applicationName: string }
  | {
      readonly kind: 'createPod'
      readonly podId: string
      readonly versionId: string
      /** A session waits for it: it starts before pods that only fill a pool. */
      readonly isWaitedFor: boolean
    }
  | { readonly kind: 'hibernatePod'; readonly podId: string; readonly deeperAfterMs: number }
  | { readonly kind: 'wakePod'; readonly podId: string }
  | { readonly kind: 'stopPod'; readonly podId: string; readonly graceMs: number }
  | {
      readonly kind: 'startSession'
      readonly sessionId: string
      readonly podId: string
      readonly grantEpoch: number
      readonly openDeadlineMs: number
      readonly data: Uint8Array
      readonly env: Readonly<Record<string, string>>
      readonly killPod: boolean
      /** After how long without traffic the pod may sleep, and wakes by itself with the first packet; 0: never. */
      readonly dozeAfterMs: number
    }
  | {
      readonly kind: 'closeSession'
      readonly sessionId: string
      readonly graceMs: number
      readonly killPod: boolean
    }
  | { readonly kind: 'forgetSessions'; readonly sessionIds: readonly string[] }
  | { readonly kind: 'forgetVersion'; readonly versionId: string }
  | { readonly kind: 'sendState' }
