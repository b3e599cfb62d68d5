/** What a node must know of an application version to run its pods. It never changes. */
import type { Isolation } from './isolation-rules.ts'

export type ApplicationVersion = {
  readonly versionId: string
  readonly applicationName: string
  readonly versionNumber: number
  /** `host` is the node's own root file system; everything else names an OCI image. */
  readonly image: string
  readonly command: readonly string[]
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly ports: readonly PodPort[]
  readonly cpuMillis: number
  readonly memoryBytes: number
  /** Empty: the best that the node offers. */
  readonly runtimeClass: string
  readonly minIsolation: Isolation
  readonly sessionsPerPod: number
  readonly readiness: Readiness
  readonly usesSessionService: boolean
  /** Empty: the runtime's own choice. */
  readonly workingDirectory: string
  /** Who its command is: a name or a number of the image, with a group behind a colon if need be. Empty: the image's. */
  readonly user: string
  /** Whether the pod may write to the root of its file system, which goes with it. */
  readonly hasWritableRoot: boolean
  /** What its command keeps of what root may do, as in `NET_ADMIN`; everything else is dropped. */
  readonly capabilities: readonly string[]
  /** How much the folders hold that every pod may write to; 0: as much as its memory. */
  readonly ephemeralBytes: number
  /** How long a pod that is asked to end has, before it is killed. */
  readonly terminationGraceMs: number
  /** Null: a pod lives for as long as its command runs. */
  readonly liveness: Liveness | null
  /** Texts that pods find at their paths, read-only. Absent: none. */
  readonly files?: readonly VersionFile[] | undefined
  /** Absent: when the node does not have it. */
  readonly imagePullPolicy?: ImagePullPolicy | undefined
}

export type VersionFile = { readonly path: string; readonly content: string }

/** When a node asks the registry for an image. `always`: at each start of a pod. */
export type ImagePullPolicy = 'ifNotPresent' | 'always' | 'never'

/** What a version is that says nothing of these. */
export const VERSION_DEFAULTS = {
  user: '',
  hasWritableRoot: false,
  capabilities: [],
  ephemeralBytes: 0,
  terminationGraceMs: 5_000,
  liveness: null,
} as const

/** A port that a pod listens on. */
export type PodPort = {
  readonly name: string
  /** `tcp`, `udp` or `http` (which is TCP for everything but the URL). */
  readonly protocol: string
  readonly containerPort: number
}

/** How to tell that a pod is ready, and until when it must be. */
export type Readiness = {
  readonly probe: Probe
  readonly initialDelayMs: number
  readonly periodMs: number
  readonly timeoutMs: number
}

export type Probe =
  | { readonly kind: 'none' }
  | { readonly kind: 'http'; readonly portName: string; readonly path: string }
  | { readonly kind: 'tcp'; readonly portName: string }
  /** Passes when the command, run in the pod, ends with 0. */
  | { readonly kind: 'exec'; readonly command: readonly string[] }

/** How to tell that a pod that was ready has stopped to work: then it is ended. */
export type Liveness = {
  readonly probe: Exclude<Probe, { kind: 'none' }>
  /** From when the pod was ready. */
  readonly initialDelayMs: number
  readonly periodMs: number
  /** How long one probe may take. */
  readonly timeoutMs: number
  /** How many probes in a row must fail. */
  readonly failureThreshold: number
}

/** Where clients reach a session. */
export type Endpoint = {
  readonly name: string
  readonly protocol: string
  readonly host: string
  readonly port: number
}
