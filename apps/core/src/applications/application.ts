/** What a client defines: a container, and how many instances of it to keep warm. */
import type { Provision } from './provision.ts'

/** How well pods must be kept apart; later ones are stronger. */
export type Isolation = 'none' | 'simulated' | 'namespace' | 'container' | 'sandbox'

export const ISOLATIONS: readonly Isolation[] = ['none', 'simulated', 'namespace', 'container', 'sandbox']

export type Protocol = 'http' | 'tcp' | 'udp'

export type Port = { readonly name: string; readonly protocol: Protocol; readonly containerPort: number }

/** How to ask a pod. `exec` passes when the command, run in the pod, ends with 0. */
export type Probe =
  | { readonly kind: 'http'; readonly portName: string; readonly path: string }
  | { readonly kind: 'tcp'; readonly portName: string }
  | { readonly kind: 'exec'; readonly command: readonly string[] }

/** How to tell that a pod that was ready has stopped to work: then it is ended. */
export type Liveness = {
  readonly probe: Probe
  /** From when the pod was ready. */
  readonly initialDelayMs: number
  readonly periodMs: number
  /** How long one probe may take. */
  readonly timeoutMs: number
  /** How many probes in a row must fail. */
  readonly failureThreshold: number
}

export type Readiness = {
  readonly probe: Probe | { readonly kind: 'none' }
  readonly initialDelayMs: number
  readonly periodMs: number
  /** How long after its start a pod must be ready. */
  readonly timeoutMs: number
}

/** What an application runs. Immutable: another spec is another version. */
export type VersionSpec = {
  readonly image: string
  readonly command: readonly string[]
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly workingDirectory: string | null
  readonly ports: readonly Port[]
  readonly cpuMillis: number
  readonly memoryBytes: number
  readonly readiness: Readiness
  readonly sessionsPerPod: number
  /** Whether the application speaks through the session service, or is an ordinary server. */
  readonly usesSessionService: boolean
  /** Null: the best runtime of the node. */
  readonly runtimeClass: string | null
  readonly minIsolation: Isolation
  /** Whether its pods may go to simulated nodes, and to no others. */
  readonly toleratesSimulated: boolean
  /** A name or a number of the image, with a group behind a colon if need be; null: whom the image says. */
  readonly user: string | null
  /** Whether its pods may write to the root of their file systems. */
  readonly hasWritableRoot: boolean
  /** What its command keeps of what root may do, as in `NET_ADMIN`. */
  readonly capabilities: readonly string[]
  /** How much the folders hold that every pod may write to; null: as much as its memory. */
  readonly ephemeralBytes: number | null
  /** How long a pod that is asked to end has, before it is killed. */
  readonly terminationGraceMs: number
  /** Null: a pod lives for as long as its command runs. */
  readonly liveness: Liveness | null
  /** Absent: nothing beside the image, which is pulled when it is not there. */
  readonly provision?: Provision | undefined
}

/** What a version is that says nothing of these. */
export const SPEC_DEFAULTS = {
  user: null,
  hasWritableRoot: false,
  capabilities: [],
  ephemeralBytes: null,
  terminationGraceMs: 5_000,
  liveness: null,
} as const

export type ApplicationVersion = {
  readonly id: string
  readonly applicationId: string
  /** 1, 2, 3… */
  readonly number: number
  readonly createdAtMs: number
  readonly spec: VersionSpec
}

/** How many idle pods to keep. */
export type ScalingTarget =
  | { readonly kind: 'idleCount'; readonly low: number; readonly high: number }
  | { readonly kind: 'idlePercent'; readonly low: number; readonly high: number }

export type ScalingPolicy = {
  readonly minPods: number
  readonly maxPods: number
  /** Pods per second to add or remove. */
  readonly burst: number
  readonly scaleDownDelayMs: number
  readonly target: ScalingTarget
  readonly keepHot: number
  readonly hibernateAfterMs: number | null
  /** Whether pods that serve sessions sleep as well, while there is no traffic, and wake with the first packet. */
  readonly wakeOnTraffic: boolean
}

/** An application as it is stored. What is observed of it lives in the fleet. */
export type Application = {
  readonly id: string
  readonly tenantId: string
  /** Unique in the tenant; a DNS label. */
  readonly name: string
  /** Grows with every write: the guard of writers. */
  readonly revision: number
  readonly createdAtMs: number
  readonly scalingPolicy: ScalingPolicy
  /** The newest version. */
  readonly version: ApplicationVersion
  /**
   * The newest version of which a pod became ready, while that is another one: it keeps serving until the newest is
   * proven. Null when the newest is proven, or nothing ever was.
   */
  readonly fallback: ApplicationVersion | null
  /** Whether a pod of the newest version ever became ready. */
  readonly isProven: boolean
}
