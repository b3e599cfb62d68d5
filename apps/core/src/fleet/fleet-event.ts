/** Something that happened to the fleet, for people who ask later. */

export type EventSeverity = 'info' | 'warning' | 'error'

export type FleetEventKind =
  | ('applicationCreated' | 'applicationDeleted' | 'applicationShort' | 'scalingPolicyChanged')
  | ('versionPublished' | 'versionProven' | 'rollOutHalted' | 'podFailed' | 'sessionLost' | 'sessionNotOpened')
  | ('nodeJoined' | 'nodeReady' | 'nodeDisconnected' | 'nodeLost' | 'nodeResynced' | 'nodeCordoned' | 'nodeUncordoned')
  | ('nodeDrainStarted' | 'nodeDrainEnded' | 'nodeRemoved' | 'coreStarted')

/** What it is about. */
type Subject = {
  /** Null for what is the platform's: only its operator sees it (I11). */
  readonly tenantId: string | null
  readonly applicationId: string | null
  readonly applicationName: string | null
  readonly versionNumber: number | null
  readonly nodeName: string | null
  /** Of several, the first. */
  readonly podId: string | null
  /** Of several, the first. */
  readonly sessionId: string | null
}

/** As it is told to the log. */
export type Occurrence = Partial<Subject> & {
  readonly kind: FleetEventKind
  readonly severity: EventSeverity
  readonly message: string
  /** What of it is the same when it comes again at once, beside its kind, application, version and node: as in `notReady`. */
  readonly sameness?: string
  readonly lastLogLines?: readonly string[]
}

/** As it is kept. Never changes: an event that is counted on is replaced. */
export type FleetEvent = Subject & {
  readonly id: string
  readonly kind: FleetEventKind
  readonly severity: EventSeverity
  readonly message: string
  readonly atMs: number
  /** When it happened last, and how often until then. */
  readonly lastAtMs: number
  readonly count: number
  /** Bounded in number and length. */
  readonly lastLogLines: readonly string[]
}
