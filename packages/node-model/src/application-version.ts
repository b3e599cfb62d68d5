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
  /** Texts that pods find at their paths, read-only. Absent: none. */
  readonly files?: readonly VersionFile[] | undefined
  /** Absent: when the node does not have it. */
  readonly imagePullPolicy?: ImagePullPolicy | undefined
}

export type VersionFile = { readonly path: string; readonly content: string }

/** When a node asks the registry for an image. `always`: at each start of a pod. */
export type ImagePullPolicy = 'ifNotPresent' | 'always' | 'never'

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

/** Where clients reach a session. */
export type Endpoint = {
  readonly name: string
  readonly protocol: string
  readonly host: string
  readonly port: number
}
