/** For measurements: a pod like the agent's, made by the calls of the Container Runtime Interface and nothing else. */
import type { Clock } from '@fornax/kernel/clock'
import { VERSION_DEFAULTS } from '@fornax/node-model/application-version'
import { tagOf } from '../../network/agent-tag.ts'
import { containerConfig, sandboxConfig, type ContainerPlan } from '../container-config.ts'
import { CriClient } from '../cri-client.ts'

export class ContainerdCalls implements Disposable {
  readonly #client: CriClient
  readonly #tag: string

  constructor(socketPath: string, clock: Clock) {
    this.#client = new CriClient(socketPath, clock)
    this.#tag = tagOf(`${socketPath}.bare`)
  }

  /** A sandbox with the network of its containerd, and a web server in it. The id of the sandbox. */
  async make(image: string, name: string): Promise<string> {
    const plan = barePlan(this.#tag, image, name)
    const config = sandboxConfig(plan)
    const sandboxId = await this.#client.runSandbox(config, '')
    const container = { ...containerConfig(plan, image), mounts: [] }
    const containerId = await this.#client.createContainer({ sandboxId, config: container, sandboxConfig: config })
    await this.#client.startContainer(containerId)
    return sandboxId
  }

  remove(sandboxId: string): Promise<void> {
    return this.#client.removeSandbox(sandboxId)
  }

  [Symbol.dispose](): void {
    this.#client[Symbol.dispose]()
  }
}

function barePlan(tag: string, image: string, name: string): ContainerPlan {
  return {
    podId: name,
    sandboxName: name,
    tag,
    runtimeName: 'bare',
    folder: '/tmp',
    scratchFolder: '',
    sessionFolder: null,
    files: [],
    cgroupParent: null,
    cgroupVersion: 1,
    hasIpv6: false,
    pids: 100,
    version: {
      ...VERSION_DEFAULTS,
      versionId: 'bare',
      applicationName: 'bare',
      versionNumber: 1,
      image,
      command: ['/bin/busybox'],
      args: ['httpd', '-f', '-p', '8080', '-h', '/tmp'],
      env: {},
      ports: [],
      // Nobody slows it down: that is how fast the calls are.
      cpuMillis: 4_000,
      memoryBytes: 16 * 1_024 * 1_024,
      runtimeClass: '',
      minIsolation: 'none',
      sessionsPerPod: 1,
      readiness: { probe: { kind: 'none' }, initialDelayMs: 0, periodMs: 0, timeoutMs: 0 },
      usesSessionService: false,
      workingDirectory: '',
    },
  }
}
