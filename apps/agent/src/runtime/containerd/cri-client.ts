/**
 * The calls of the Container Runtime Interface, version 1, that we make over
 * containerd's socket. A call waits while containerd is away, up to its deadline:
 * containers go on without it, and it comes back.
 */
import { ContentClient, type ListStatusesResponse } from '@fornax/proto/containerd/content/v1/content'
import { EventsClient, type Envelope } from '@fornax/proto/containerd/events/v1/events'
import {
  ImageServiceClient,
  RuntimeServiceClient,
  type AuthConfig,
  type Container,
  type CreateContainerResponse,
  type ImageFsInfoResponse,
  type ExecSyncResponse,
  type ImageStatusResponse,
  type ListContainersResponse,
  type ListContainerStatsResponse,
  type ListPodSandboxResponse,
  type RunPodSandboxResponse,
  type ContainerConfig,
  type ContainerStats,
  type ContainerStatusResponse,
  type PodSandbox,
  type PodSandboxConfig,
  type PodSandboxStatusResponse,
  type StatusResponse,
  type VersionResponse,
} from '@fornax/proto/cri/v1/runtime'
import { sleep, type Clock } from '@fornax/kernel/clock'
import {
  Channel,
  credentials,
  Metadata,
  status,
  type CallOptions,
  type ChannelOptions,
  type ClientReadableStream,
  type ServiceError,
} from '@grpc/grpc-js'

/** What containerd answered instead of doing it: its own words are the message, and nothing more is known. */
export class CriError extends Error {
  override readonly name = 'CriError'
  readonly code: status

  constructor(what: string, { code, details, message }: ServiceError) {
    super(`${what}: ${details === '' ? message : details}`)
    this.code = code
  }
}

/** Whether what was asked for is not there. */
export function isNotFound(error: unknown): boolean {
  return error instanceof CriError && error.code === status.NOT_FOUND
}

/** Whether containerd holds the name of a pod sandbox for another one. */
export function isNameTaken(error: unknown): boolean {
  return error instanceof CriError && error.message.includes('is reserved for')
}

/** Labels that a thing must all have. */
export type Labels = Readonly<Record<string, string>>

export type Image = {
  readonly id: string
  readonly sizeBytes: number
  /** All its names, in full, by tag and by digest. Whoever removes it by one of them removes it by all. */
  readonly names: readonly string[]
}

export type ContainerOrder = {
  readonly sandboxId: string
  readonly config: ContainerConfig
  /** The same as the sandbox was made with. */
  readonly sandboxConfig: PodSandboxConfig
}

/** Where the Container Runtime Interface keeps everything. */
const NAMESPACE = 'k8s.io'
const QUICK_MS = 15_000
const CHANGE_MS = 60_000
const PULL_MS = 15 * 60_000
const MESSAGE_BYTES_MAX = 16 * 1024 * 1024

const CHANNEL: ChannelOptions = {
  'grpc.use_local_subchannel_pool': 1,
  'grpc.enable_channelz': 0,
  'grpc.service_config_disable_resolution': 1,
  'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
  // containerd is back a second after it was restarted; somebody may wait for a pod.
  'grpc.initial_reconnect_backoff_ms': 50,
  'grpc.max_reconnect_backoff_ms': 500,
}

type Done<Answer> = (error: ServiceError | null, answer: Answer) => void
type Begin<Answer> = (metadata: Metadata, options: CallOptions, done: Done<Answer>) => void

export class CriClient implements Disposable {
  readonly #channel: Channel
  readonly #runtime: RuntimeServiceClient
  readonly #images: ImageServiceClient
  readonly #events: EventsClient
  readonly #content: ContentClient
  readonly #clock: Clock

  constructor(socketPath: string, clock: Clock) {
    const address = `unix:${socketPath}`
    const insecure = credentials.createInsecure()
    this.#clock = clock
    this.#channel = new Channel(address, insecure, CHANNEL)
    const options = { channelOverride: this.#channel }
    this.#runtime = new RuntimeServiceClient(address, insecure, options)
    this.#images = new ImageServiceClient(address, insecure, options)
    this.#events = new EventsClient(address, insecure, options)
    this.#content = new ContentClient(address, insecure, options)
  }

  version(timeoutMs: number): Promise<VersionResponse> {
    return this.#ask('its version', timeoutMs, (...call) => this.#runtime.version({ version: 'v1' }, ...call))
  }

  /** With its configuration. */
  status(): Promise<StatusResponse> {
    return this.#ask('its status', QUICK_MS, (...call) => this.#runtime.status({ verbose: true }, ...call))
  }

  /** The id of the sandbox. */
  async runSandbox(config: PodSandboxConfig, runtimeHandler: string): Promise<string> {
    const { podSandboxId } = await this.#ask<RunPodSandboxResponse>('no sandbox', CHANGE_MS, (...call) =>
      this.#runtime.runPodSandbox({ config, runtimeHandler }, ...call),
    )
    return podSandboxId
  }

  /** With its OCI specification. */
  sandboxStatus(podSandboxId: string): Promise<PodSandboxStatusResponse> {
    return this.#ask('no status of a sandbox', QUICK_MS, (...call) =>
      this.#runtime.podSandboxStatus({ podSandboxId, verbose: true }, ...call),
    )
  }

  async listSandboxes(labelSelector: Labels): Promise<readonly PodSandbox[]> {
    const { items } = await this.#ask<ListPodSandboxResponse>('no list of sandboxes', QUICK_MS, (...call) =>
      this.#runtime.listPodSandbox({ filter: { labelSelector } }, ...call),
    )
    return items
  }

  /** With everything in it, whatever it does. Does nothing when it is not there. */
  async removeSandbox(podSandboxId: string): Promise<void> {
    await this.#ask('a sandbox could not be removed', CHANGE_MS, (...call) =>
      this.#runtime.removePodSandbox({ podSandboxId }, ...call),
    )
  }

  /** The id of the container. */
  async createContainer({ sandboxId, config, sandboxConfig }: ContainerOrder): Promise<string> {
    const request = { podSandboxId: sandboxId, config, sandboxConfig }
    const { containerId } = await this.#ask<CreateContainerResponse>('no container', CHANGE_MS, (...call) =>
      this.#runtime.createContainer(request, ...call),
    )
    return containerId
  }

  async startContainer(containerId: string): Promise<void> {
    await this.#ask('its command could not be started', CHANGE_MS, (...call) =>
      this.#runtime.startContainer({ containerId }, ...call),
    )
  }

  /** Asks it to end, and settles when it has; containerd kills it after the timeout, 0 at once. */
  async stopContainer(containerId: string, timeoutS: number): Promise<void> {
    await this.#ask('a container could not be stopped', CHANGE_MS + timeoutS * 1_000, (...call) =>
      this.#runtime.stopContainer({ containerId, timeout: timeoutS }, ...call),
    )
  }

  /** Runs a command in a container, and tells how it ended. Rejects when it took longer. */
  async execute(containerId: string, cmd: readonly string[], timeoutMs: number): Promise<number> {
    const request = { containerId, cmd: [...cmd], timeout: Math.ceil(timeoutMs / 1_000) }
    const { exitCode } = await this.#ask<ExecSyncResponse>('a command could not be run', timeoutMs, (...call) =>
      this.#runtime.execSync(request, ...call),
    )
    return exitCode
  }

  async listContainers(labelSelector: Labels): Promise<readonly Container[]> {
    const filter = { podSandboxId: '', labelSelector }
    const { containers } = await this.#ask<ListContainersResponse>('no list of containers', QUICK_MS, (...call) =>
      this.#runtime.listContainers({ filter }, ...call),
    )
    return containers
  }

  /** `verbose`: with its OCI specification. */
  containerStatus(containerId: string, verbose = false): Promise<ContainerStatusResponse> {
    return this.#ask('no status of a container', QUICK_MS, (...call) =>
      this.#runtime.containerStatus({ containerId, verbose }, ...call),
    )
  }

  async listContainerStats(labelSelector: Labels): Promise<readonly ContainerStats[]> {
    const { stats } = await this.#ask<ListContainerStatsResponse>('no statistics', QUICK_MS, (...call) =>
      this.#runtime.listContainerStats({ filter: { labelSelector } }, ...call),
    )
    return stats
  }

  /** Null: the node does not have it. */
  async imageStatus(image: string): Promise<Image | null> {
    const answer = await this.#ask<ImageStatusResponse>('no status of an image', QUICK_MS, (...call) =>
      this.#images.imageStatus({ image: { image } }, ...call),
    )
    if (answer.image === undefined) return null
    const { id, size, repoTags, repoDigests } = answer.image
    return { id, sizeBytes: size, names: [...repoTags, ...repoDigests] }
  }

  async pullImage(image: string, auth: AuthConfig | null): Promise<void> {
    const request = { image: { image }, auth: auth ?? undefined }
    await this.#ask('it could not be pulled', PULL_MS, (...call) => this.#images.pullImage(request, ...call))
  }

  /** Does nothing when it is not there. Containers that have it keep their part of it. */
  async removeImage(image: string): Promise<void> {
    await this.#ask('an image could not be removed', CHANGE_MS, (...call) =>
      this.#images.removeImage({ image: { image } }, ...call),
    )
  }

  /** The folder that images lie below; null: it does not say. */
  async imageFolder(): Promise<string | null> {
    const { imageFilesystems } = await this.#ask<ImageFsInfoResponse>('no place of images', QUICK_MS, (...call) =>
      this.#images.imageFsInfo({}, ...call),
    )
    return imageFilesystems[0]?.fsId?.mountpoint ?? null
  }

  /** What is being pulled right now, by whomever: how many bytes of each part have arrived. */
  async arriving(): Promise<ReadonlyMap<string, number>> {
    const answer = await new Promise<ListStatusesResponse>((resolve, reject) => {
      const metadata = new Metadata()
      metadata.set('containerd-namespace', NAMESPACE)
      const options = { deadline: this.#clock.nowMs() + QUICK_MS }
      this.#content.listStatuses({ filters: [] }, metadata, options, (error, found) => {
        if (error === null) resolve(found)
        else reject(new CriError('no word of pulls', error))
      })
    })
    return new Map(answer.statuses.map(({ ref, offset }) => [ref, offset]))
  }

  /** What happens to tasks, which is what containerd calls running containers. Fails at once when it is away. */
  taskEvents(topics: readonly string[]): ClientReadableStream<Envelope> {
    return this.#events.subscribe({ filters: topics.map((topic) => `namespace=="k8s.io",topic=="${topic}"`) })
  }

  [Symbol.dispose](): void {
    this.#channel.close()
  }

  async #ask<Answer>(what: string, timeoutMs: number, begin: Begin<Answer>): Promise<Answer> {
    const deadline = this.#clock.nowMs() + timeoutMs
    for (;;) {
      try {
        return await this.#askOnce(what, deadline, begin)
      } catch (error) {
        if (!isStarting(error) || this.#clock.nowMs() >= deadline) throw error
        await sleep(this.#clock, STARTING_MS)
      }
    }
  }

  #askOnce<Answer>(what: string, deadline: number, begin: Begin<Answer>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      begin(new Metadata({ waitForReady: true }), { deadline }, (error, answer) => {
        if (error === null) resolve(answer)
        else reject(new CriError(what, error))
      })
    })
  }
}

const STARTING_MS = 50

/** It listens before it can do anything, and then says so; nothing was done. */
function isStarting(error: unknown): boolean {
  return error instanceof CriError && error.message.includes('server is not initialized yet')
}
