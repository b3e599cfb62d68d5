/** One use of an application, from open to close. Its life is in `session-state.ts`. */

export type SessionPhase = 'pending' | 'starting' | 'available' | 'inUse' | 'closing' | 'closed'

export const SESSION_PHASES: readonly SessionPhase[] = [
  'pending',
  'starting',
  'available',
  'inUse',
  'closing',
  'closed',
]

export type CloseReason =
  | ('requested' | 'clientGone' | 'openTimedOut' | 'idleTimeout' | 'lifetimeReached' | 'quotaExceeded')
  | ('exited' | 'startFailed' | 'podLost' | 'nodeLost' | 'drained' | 'applicationDeleted' | 'coreFailed')
  | 'tenantSuspended'

/** The instant by which a phase must end, and the reason to close with if it does not. */
export type Deadline = { readonly atMs: number; readonly reason: CloseReason }

export type Endpoint = {
  readonly name: string
  readonly protocol: 'tcp' | 'udp' | 'http'
  readonly host: string
  readonly port: number
}

/** What was asked for. Never changes. */
export type SessionRequest = {
  readonly openTimeoutMs: number
  readonly closeGraceMs: number
  readonly killPodOnClose: boolean
  readonly idleTimeoutMs: number | null
  readonly maxLifetimeMs: number | null
  /** Opaque, at most 64 KiB. Given up (empty) once the session is closed. */
  readonly data: Uint8Array
  readonly env: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  readonly idempotency: Idempotency | null
}

/** The fingerprint covers all of the input but the key and how the caller waits; the edge makes it. */
export type Idempotency = { readonly key: string; readonly fingerprint: string }

/** The steps on the way, for the timeline. */
export const SESSION_STEPS = [
  ...(['asked', 'podTaken', 'commandSent', 'started', 'available', 'attached', 'idle'] as const),
  ...(['closing', 'closed', 'recovered', 'givenBack'] as const),
] as const

export type SessionStep = (typeof SESSION_STEPS)[number]

/** Who asked for something: by which token or login, from which address, and in which request. */
export type SessionActor = { readonly id: string; readonly source: string | null; readonly requestId: string }

export type TimelineEntry = {
  readonly step: SessionStep
  readonly atMs: number
  /** Where the pod came from; with `podTaken` only, and not in rows of earlier versions. */
  readonly pod?: PodOrigin
  /** Who asked for this step; absent when nobody did, and in rows of earlier versions. */
  readonly by?: SessionActor
}

/** Where the pod of a session came from: a standby pod, one that slept, one that served others, one that was made. */
export type PodOrigin =
  | { readonly kind: 'hot' | 'hibernated' | 'shared' }
  /** `choice`: how its node was chosen, as `placement-choice.ts` packs it. */
  | { readonly kind: 'made'; readonly choice: number; readonly waitedForRoomMs: number }

export type Session = {
  readonly id: string
  readonly tenantId: string
  readonly applicationId: string
  /** Kept beside the id, so that history can name an application that is gone. */
  readonly applicationName: string
  readonly createdAtMs: number
  readonly request: SessionRequest
  readonly phase: SessionPhase
  /** Null while it waits for a pod; kept when it closes. */
  readonly podId: string | null
  readonly nodeName: string | null
  readonly versionNumber: number | null
  readonly grantEpoch: number | null
  readonly start: 'warm' | 'cold' | null
  readonly endpoints: readonly Endpoint[]
  readonly clientCount: number
  /** Null when the current phase may last forever. The deadline keeper reads nothing else. */
  readonly deadline: Deadline | null
  readonly closeReason: CloseReason | null
  /** What the application or the node said of its end; null when nothing. */
  readonly closeMessage: string | null
  readonly availableAtMs: number | null
  readonly closedAtMs: number | null
  /** Oldest first; bounded. */
  readonly timeline: readonly TimelineEntry[]
}
