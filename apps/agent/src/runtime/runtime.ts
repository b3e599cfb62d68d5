/**
 * The runtime port: what the agent needs from whatever runs its pods.
 *
 *   createPod ──► running ──ended──► (only the pod's folder is left) ──destroyPod──► nothing
 *                   ▲
 *   adoptPod ───────┘   after the agent itself was restarted
 *
 * A runtime starts, adopts and ends pods, and opens and closes the endpoints of
 * sessions. It decides nothing: readiness, sessions, deadlines and the ledger are
 * the agent's. Pods must outlive the runtime object and the agent's process.
 * Every implementation passes `runtime.contract.ts`.
 */
import type { ApplicationVersion, Endpoint, ImagePullPolicy } from '@fornax/node-model/application-version'
import type { Isolation } from '@fornax/node-model/isolation-rules'
import type { PodSecrets, RegistryCredentials } from '@fornax/node-model/pod-secrets'
import type { LogFormat } from '../logs/log-source.ts'

export type Runtime = AsyncDisposable & {
  /** The runtime class that applications ask for. */
  readonly name: string
  readonly isolation: Isolation
  /** False when nothing really runs: then the agent probes nothing, and there are no logs. */
  readonly hasProcesses: boolean
  /** Whether applications in its pods can reach the session service. */
  readonly hasSessionService: boolean
  /**
   * `pod`: pods share the node's network, are told their host ports at creation and keep them.
   * `session`: pods have a network of their own; a session's host ports are mapped when it opens
   * and unmapped, with their connections cut, when it closes.
   */
  readonly portsBelongTo: 'pod' | 'session'
  /** Who pods run as, when that is not the agent's own user; the session folder is given to them. */
  readonly podOwner: PodOwner | null

  /** How the log in a pod's folder is kept. */
  readonly logFormat: LogFormat
  /** Which images it can run: `host` is the node's own root file system, `oci` any other one. */
  readonly images: 'host' | 'oci' | 'any'
  /** Runs only applications that name it, or that nothing else is isolated enough for. */
  readonly isOnRequest: boolean

  /** Whether nobody else on this machine has a host port. The agent asks before it gives it out. */
  isPortFree(port: number, protocol: string): Promise<boolean>

  /** Starts a pod. Settles when its command was started, which is not when it is ready. Cleans up after a failure. */
  createPod(order: PodOrder): Promise<CreatePodResult>

  /**
   * Takes over a pod that an earlier agent created. `handle` is what `RuntimePod.handle` was, or null when
   * the earlier agent died before it could note it. Endpoints of sessions other than `sessions` are closed.
   */
  adoptPod(order: PodOrder, handle: string | null, sessions: readonly SessionPorts[]): Promise<AdoptPodResult>

  /** The ids of all pods of which anything is left, running or not. */
  listPodIds(): Promise<readonly string[]>

  /** Ends a pod without asking and removes every trace of it, its folder included. Does nothing for an unknown pod. */
  destroyPod(podId: string): Promise<void>

  /** Gets an image before a pod needs it, and tells how much has arrived. Absent: it runs no images. */
  prepareImage?(order: ImageOrder, arrived: (bytes: number) => void): Promise<PrepareImageResult>

  /** The folder of the file system that images lie on, when it has one. */
  imageFolder?(): Promise<string | null>

  /** Removes images that it got, and that nothing has used for long; those of `keep` stay. The disk is short. */
  collectImages?(keep: ReadonlySet<string>): Promise<readonly string[]>

  /** What the running pods have used. Asked every few seconds, for all pods at once. */
  readUsage(): Promise<ReadonlyMap<string, ResourceUse>>

  /** What pods have written to the roots of their file systems, in bytes. Absent: no pod can. */
  readRootUse?(): Promise<ReadonlyMap<string, number>>

  /** Lets go of what the agent's process holds (watches, sockets). Pods go on. */
  [Symbol.asyncDispose](): Promise<void>
}

export type PodOrder = {
  readonly podId: string
  readonly version: ApplicationVersion
  /**
   * The folder on the host that holds (or will hold) `session.sock`; null when the application does not use
   * the session service. It exists before `createPod`. What is mounted is the folder, because the agent makes
   * the socket anew when it restarts.
   */
  readonly sessionFolder: string | null
  /** One per declared port, in their order, when ports belong to pods; otherwise empty. */
  readonly hostPorts: readonly number[]
  /** Given to `createPod` alone, and never written to a disk. Absent: the version asks for none. */
  readonly secrets?: PodSecrets | undefined
}

/** An image that a node shall have. */
export type ImageOrder = {
  readonly image: string
  readonly pullPolicy: ImagePullPolicy
  readonly credentials: readonly RegistryCredentials[]
}

export type PrepareImageResult =
  | { readonly kind: 'present'; readonly sizeBytes: number }
  /** `reason` is for people. */
  | { readonly kind: 'absent'; readonly reason: string }

export type SessionPorts = {
  readonly sessionId: string
  /** One per declared port, in their order, when ports belong to sessions; otherwise empty. */
  readonly hostPorts: readonly number[]
}

/** The name of the socket inside a session folder. */
export const SESSION_SOCKET = 'session.sock'

export type CreatePodResult =
  /** `took` is left out where nothing really runs. */
  | { readonly kind: 'created'; readonly pod: RuntimePod; readonly took?: StartTook }
  /** `reason` is for people: "the process runtime runs only the image `host`". */
  | { readonly kind: 'failed'; readonly reason: string }

/** Where the time went until the command of a pod ran. */
export type StartTook = {
  /** For its image. */
  readonly imageMs: number
  /** For its sandbox: little when one was ready. */
  readonly sandboxMs: number
  readonly createMs: number
  readonly startMs: number
}

export type AdoptPodResult =
  | { readonly kind: 'running'; readonly pod: RuntimePod }
  | { readonly kind: 'ended'; readonly end: PodEnd }
  /** It was never started, or no trace of it is left. */
  | { readonly kind: 'unknown' }

/** A user as the node knows it. */
export type PodOwner = { readonly uid: number; readonly gid: number }

/** A running pod. */
export type RuntimePod = PodSleep & {
  readonly podId: string
  /** Who this pod runs as, where each has a user of its own; it has been given the session folder already. */
  readonly owner?: PodOwner | null
  /** All that this runtime needs to adopt the pod later (pid, start time, addresses …); opaque, kept in the ledger. */
  readonly handle: string
  /** Null where nobody can tell, as where it shares the network of its node: then it only sleeps without sessions. */
  readonly activity?: PodActivity | null
  /**
   * Settles within 100 ms of the end of the pod's command, also for an adopted pod. Never rejects. By then its
   * remaining processes and endpoints are gone and its network leads nowhere; its folder with the logs stays until
   * `destroyPod`.
   */
  readonly ended: Promise<PodEnd>
  /** It is ready: whatever was allowed to it alone for its start is over. Absent: nothing was. */
  noteReady?(): void
  /** Where the agent itself reaches a declared port, for probes. Null: there is no such port. */
  probeAddress(portName: string): ProbeAddress | null
  /**
   * Runs a command in the pod, beside its own one: whether it ended with 0, in time. False where it cannot be run;
   * runtimes that never can refuse versions that want it.
   */
  execute(command: readonly string[], timeoutMs: number): Promise<boolean>
  /** Makes a session's endpoints, one per declared port. Asked again with the same ports, it answers the same. */
  openEndpoints(session: SessionPorts): Promise<OpenEndpointsResult>
  /** Takes them away and cuts their connections. Does nothing for an unknown session. Rejects when that failed. */
  closeEndpoints(sessionId: string): Promise<void>
  /**
   * Asks the pod to end (SIGTERM), and kills all of its processes when the grace has passed; 0 kills at once.
   * Asked again with a shorter grace, the shorter one holds. The outcome is told by `ended`. A frozen pod is thawed
   * for it.
   */
  stop(graceMs: number): void
}

/** What a pod does, by which is told whether anybody needs it awake. */
export type PodActivity = Pick<TrafficSensor, 'alert' | 'calm'> & {
  /**
   * What has come and gone, and the CPU time that the pod has used; both only grow, while nothing is restarted. Null:
   * it has just ended. Rejects when nobody can tell for now.
   */
  read(): Promise<{ readonly packets: number; readonly cpuMs: number } | null>
}

/** What comes and goes over the network of a pod, but for probes of the agent. */
export type TrafficSensor = {
  /** Packets, from when this was asked first. Rejects when the kernel does not count them, or does not say so in time. */
  count(): Promise<number>
  /** Settles when somebody watches; then calls soon after a packet to the pod, for each that is seen, until `calm`. */
  alert(onPacket: () => void): Promise<void>
  calm(): Promise<void>
}

/** Puts a running pod to sleep, and wakes it. */
export type PodSleep = {
  /** Stops everything of the pod where it stands; again does nothing. Rejects when that is not possible here. */
  freeze(): Promise<void>
  /** Lets it go on; does nothing for a pod that runs. Rejects when it stays frozen. */
  thaw(): Promise<void>
  /**
   * Pushes memory of a frozen pod out to swap: its coldest half, or all that the kernel gives. Null: done; otherwise
   * why not, for people. Stops soon after `signal`; a pod may be thawed meanwhile.
   */
  reclaim(depth: ReclaimDepth, signal: AbortSignal): Promise<string | null>
  /** Null where nobody can tell. */
  measureMemory(): Promise<MemoryState | null>
}

export type ReclaimDepth = 'light' | 'deep'

export type MemoryState = {
  /**
   * With control groups: all that the kernel charges to the pod, its page tables too, but for pages of files that
   * nobody has used lately, which are gone as soon as anybody needs the room. Otherwise what its processes have mapped.
   */
  readonly residentBytes: number
  /** Null where nobody can tell. */
  readonly swappedBytes: number | null
}

export type ProbeAddress = { readonly host: string; readonly port: number }

export type OpenEndpointsResult =
  | { readonly kind: 'opened'; readonly endpoints: readonly Endpoint[] }
  | { readonly kind: 'failed'; readonly reason: string }

export type PodEnd = {
  /** 128 + n after signal n; null when nobody saw it. */
  readonly exitCode: number | null
  readonly outOfMemory: boolean
}

export type ResourceUse = {
  /** CPU time since the pod began. */
  readonly cpuMs: number
  /** What is resident. */
  readonly memoryBytes: number
  /** Of its memory; left out where nobody counts it. */
  readonly swappedBytes?: number
  /** Over its own network since that was made; left out where a pod shares its node's. */
  readonly receivedBytes?: number
  readonly sentBytes?: number
}
