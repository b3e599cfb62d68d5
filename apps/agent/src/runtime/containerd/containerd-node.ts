/**
 * One agent's part of a containerd, shared by all of its runtimes: the line to
 * it, what is heard on it, the rules of the network and the control groups.
 *
 *   containerd ─ events ─► TaskWatch ─► the pod          (at once)
 *              ◄─ list of containers ── this, every so often: what was not heard
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { Cancel, Clock } from '@fornax/kernel/clock'
import type { Log } from '@fornax/kernel/log'
import { ContainerState, type StatusResponse } from '@fornax/proto/cri/v1/runtime'
import { Cgroups, findCgroupMounts } from '../cgroups.ts'
import { tagOf } from '../network/agent-tag.ts'
import { AGENT_LABEL } from './container-config.ts'
import { ContainerNetworks, type ContainerNetworksOptions } from './container-networks.ts'
import type { ContainerdPod } from './containerd-pod.ts'
import { CriClient } from './cri-client.ts'
import { problemOf, readCriConfig, type CriConfig } from './cri-config.ts'
import { SecretPlace } from '../secret-place.ts'
import { fewAtATime } from './few-at-a-time.ts'
import { Images } from './images.ts'
import { TaskWatch } from './task-watch.ts'

export type ContainerdNodeOptions = {
  readonly socketPath: string
  /** The agent's folder of what is noted for all pods of this containerd; also what the agent's tag is made of. */
  readonly folder: string
  /** The address that clients of this node reach pods on. */
  readonly host: string
  readonly clock: Clock
  readonly log: Log
}

/** What keeps containers from running here, in words for whoever starts the agent. */
export class ContainerdUnusableError extends Error {
  override readonly name = 'ContainerdUnusableError'
}

const CONNECT_TIMEOUT_MS = 10_000

/** While events are heard, this only catches what containerd itself has missed. */
const LOOK_MS = 2_000
const LOOK_WITHOUT_EVENTS_MS = 50
/** Each takes several programs: hundreds at once would leave no CPU to sessions. */
const REMOVALS_PER_CPU = 2

type NodeParts = {
  readonly client: CriClient
  readonly config: CriConfig
  readonly networks: ContainerNetworks
  readonly cgroups: Cgroups | null
}

export class ContainerdNode implements AsyncDisposable {
  readonly tag: string
  readonly client: CriClient
  readonly config: CriConfig
  readonly networks: ContainerNetworks
  /** Null: containerd's groups are systemd's, or this machine has none that we know. */
  readonly cgroups: Cgroups | null
  /** Of this machine. */
  readonly cgroupVersion: 1 | 2
  readonly hasIpv6: boolean
  readonly images: Images
  readonly secrets: SecretPlace
  /** What is left of pods is removed a few at a time. */
  readonly removals = fewAtATime(REMOVALS_PER_CPU * availableParallelism())
  readonly #options: ContainerdNodeOptions
  readonly #watch: TaskWatch
  readonly #pods = new Map<string, ContainerdPod>()
  #users = 0
  #isLooking = false
  #isDisposed = false
  #cancelLook: Cancel = () => undefined

  private constructor(options: ContainerdNodeOptions, { client, config, networks, cgroups }: NodeParts) {
    this.#options = options
    this.tag = tagOf(options.folder)
    this.client = client
    this.config = config
    this.networks = networks
    this.cgroups = cgroups
    this.cgroupVersion = findCgroupMounts(readFileSync('/proc/self/mountinfo', 'utf8'))?.version ?? 2
    this.hasIpv6 = existsSync('/proc/sys/net/ipv6/conf/all/disable_ipv6')
    this.secrets = new SecretPlace(this.tag)
    const imagesFile = join(options.folder, '.images.json')
    this.images = new Images({ client, clock: options.clock, log: options.log, file: imagesFile })
    const listener = {
      exited: (id: string, exitCode: number) => this.#pods.get(id)?.noteExit(exitCode),
      outOfMemory: (id: string) => this.#pods.get(id)?.noteOutOfMemory(),
      cleared: (id: string) => this.#pods.get(id)?.noteCleared(),
      resumed: () => this.#lookIn(0),
    }
    this.#watch = new TaskWatch(client, listener, options)
  }

  /** Rejects with a `ContainerdUnusableError` when pods could not run. */
  static async open(options: ContainerdNodeOptions): Promise<ContainerdNode> {
    const { socketPath, folder, host, clock, log } = options
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    if (process.geteuid?.() !== 0) throw new ContainerdUnusableError('containers need an agent that runs as root')
    const client = new CriClient(socketPath, clock)
    try {
      const status = await introduce(client, socketPath)
      const config = readCriConfig(status)
      const tag = tagOf(folder)
      const cgroups = config.usesCgroupFiles ? Cgroups.open(`fornax-${tag}`) : null
      if (cgroups === null) log.warn('control groups are left to containerd: it does not use the `cgroupfs` driver')
      const addresses = await addressesOf(client, tag)
      const stateFile = join(folder, '.network.json')
      const networks = await openNetworks({ tag, host, log, stateFile }, addresses)
      // Of pods that are gone; those of others are not empty, and stay.
      for (const podId of cgroups?.podIds() ?? []) cgroups?.remove(podId)
      return new ContainerdNode(options, { client, config, networks, cgroups })
    } catch (error) {
      client[Symbol.dispose]()
      throw error
    }
  }

  get clock(): Clock {
    return this.#options.clock
  }

  get log(): Log {
    return this.#options.log
  }

  /** A runtime that shares this; it is disposed of with the last one. */
  use(): void {
    this.#users += 1
  }

  async letGo(): Promise<void> {
    this.#users -= 1
    if (this.#users === 0) await this[Symbol.asyncDispose]()
  }

  /** Tells the pod what becomes of its container, from before it is started. */
  keep(pod: ContainerdPod): void {
    this.#pods.set(pod.containerId, pod)
    void pod.ended.then(() => this.forget(pod))
  }

  /** Its container has ended, or never began. */
  forget(pod: ContainerdPod): void {
    this.#pods.delete(pod.containerId)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true
    this.#cancelLook()
    this.#watch[Symbol.dispose]()
    try {
      const isEmpty = (await this.client.listSandboxes({ [AGENT_LABEL]: this.tag })).length === 0
      if (isEmpty) await this.networks.removeAll()
      if (isEmpty) this.cgroups?.removeAll()
    } catch (error) {
      this.log.warn({ err: error }, 'what is made for containers stays, because containerd cannot be asked')
    }
    await this.networks[Symbol.asyncDispose]()
    this.client[Symbol.dispose]()
  }

  #lookIn(delayMs: number): void {
    this.#cancelLook()
    if (this.#isDisposed) return
    this.#cancelLook = this.clock.schedule(delayMs, () => void this.#lookAround())
  }

  /** Asks what has become of all pods at once, and of those that have ended one by one. */
  async #lookAround(): Promise<void> {
    if (this.#isLooking) return
    this.#isLooking = true
    try {
      const pods = [...this.#pods.values()] // Of now: what is made while we ask is not in the answer.
      const containers = pods.length === 0 ? [] : await this.client.listContainers({ [AGENT_LABEL]: this.tag })
      const running = new Set(containers.filter(({ state }) => isAlive(state)).map(({ id }) => id))
      await Promise.all(pods.filter(({ containerId }) => !running.has(containerId)).map((pod) => pod.look()))
    } catch (error) {
      this.log.debug({ err: error }, 'containerd could not be asked about its containers')
    } finally {
      this.#isLooking = false
      this.#lookIn(this.#watch.isLive ? LOOK_MS : LOOK_WITHOUT_EVENTS_MS)
    }
  }
}

function isAlive(state: ContainerState): boolean {
  return state === ContainerState.CONTAINER_RUNNING || state === ContainerState.CONTAINER_CREATED
}

async function introduce(client: CriClient, socketPath: string): Promise<StatusResponse> {
  try {
    await client.version(CONNECT_TIMEOUT_MS)
  } catch (cause) {
    const advice = 'is it running, with its CRI plugin, and is FORNAX_CONTAINERD_SOCKET right?'
    throw new ContainerdUnusableError(`containerd does not answer on ${socketPath}: ${advice}`, { cause })
  }
  const status = await client.status()
  const problem = problemOf(status)
  if (problem !== null) throw new ContainerdUnusableError(`containerd is not ready to run pods: ${problem}`)
  return status
}

async function openNetworks(
  options: ContainerNetworksOptions,
  addresses: ReadonlySet<string>,
): Promise<ContainerNetworks> {
  try {
    return await ContainerNetworks.open(options, addresses)
  } catch (cause) {
    const advice = 'they need nftables and iproute2, and a kernel with both'
    throw new ContainerdUnusableError(`the rules for the network of containers cannot be made: ${advice}`, { cause })
  }
}

/** Of the pods that an earlier agent left. */
async function addressesOf(client: CriClient, tag: string): Promise<ReadonlySet<string>> {
  const sandboxes = await client.listSandboxes({ [AGENT_LABEL]: tag })
  const statuses = await Promise.all(sandboxes.map(({ id }) => client.sandboxStatus(id)))
  return new Set(statuses.flatMap(({ status }) => status?.network?.ip || []))
}
