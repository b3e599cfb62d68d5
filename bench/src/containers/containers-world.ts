/** A core, an agent that really runs pods, and a containerd of the bench's own where it is needed; gone at the end. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CreateApplicationInput } from '@fornax/client/generated/documents'
import { canOwnNetworks } from '../../../apps/agent/src/runtime/bubblewrap/test/this-machine.ts'
import { BUSYBOX_IMAGE, ScratchContainerd } from '../../../apps/agent/src/runtime/containerd/test/scratch-containerd.ts'
import type { TestImage } from '../../../apps/agent/src/runtime/containerd/test/oci-archive.ts'
import { canRunContainers, findProgram } from '../../../apps/agent/src/runtime/containerd/test/this-machine.ts'
import type { BenchRun } from '../bench-run.ts'
import { CoreProcess } from '../world/core-process.ts'
import { AgentProcess } from './agent-process.ts'

export type RealRuntime = 'containerd' | 'bubblewrap'

export type ContainersWorld = AsyncDisposable & {
  readonly runtime: RealRuntime
  readonly core: CoreProcess
  readonly agent: AgentProcess
  /** Null for bubblewrap. */
  readonly containerd: ScratchContainerd | null
}

type Version = CreateApplicationInput['version']

/** Programs like these do not listen to being asked. */
const KILL_GRACE_MS = 100
const RESOURCES = { cpuMillis: 10, memoryBytes: 16 * 1_024 * 1_024 }

/** Why pods of that runtime cannot run on this machine; null when they can. */
function whyNotHere(runtime: RealRuntime): string | null {
  const isPossible = runtime === 'containerd' ? canRunContainers : canOwnNetworks && findProgram('busybox') !== null
  if (isPossible) return null
  const needs =
    runtime === 'containerd' ? 'what docs/containers.md names' : 'bubblewrap, busybox, nftables and iproute2'
  return `pods of ${runtime} cannot run here: it takes root, and ${needs}`
}

/** What `--runtime` means: one of them, or both but those that cannot run here, and why is said. */
export function runtimesToMeasure(run: BenchRun, asked: string): readonly RealRuntime[] {
  if (asked === 'containerd' || asked === 'bubblewrap') return [asked]
  return (['containerd', 'bubblewrap'] as const).filter((runtime) => {
    const missing = whyNotHere(runtime)
    if (missing !== null) run.say(`skipped: ${missing}`)
    return missing === null
  })
}

/** Rejects, with what is missing, where pods of that runtime cannot run. `image`: what containers are made of. */
export async function startContainersWorld(
  run: BenchRun,
  runtime: RealRuntime,
  stockMax: number,
  image: TestImage = BUSYBOX_IMAGE,
): Promise<ContainersWorld> {
  const missing = whyNotHere(runtime)
  if (missing !== null) throw new Error(missing)
  await using stack = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'fornax-bench-'))
  stack.defer(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  run.say(`starting a core and an agent on ${runtime}`)
  const core = stack.use(await CoreProcess.start(run, join(folder, 'core')))
  const containerd = runtime === 'containerd' ? await ScratchContainerd.start({ images: [image] }) : null
  if (containerd !== null) stack.use(containerd)
  const agentFolder = containerd?.agentFolder('bench', 'agent/pods/containerd') ?? join(folder, 'node')
  mkdirSync(agentFolder, { recursive: true })
  const containerdSocket = containerd?.socketPath ?? null
  const options = { folder: agentFolder, runtime, containerdSocket, stockMax }
  // What Node makes of its sources is there from the second start on.
  await (await AgentProcess.start(core, options))[Symbol.asyncDispose]()
  const agent = stack.use(await AgentProcess.start(core, options))
  const owned = stack.move()
  return { runtime, core, agent, containerd, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

/** A small web server in C, so that what is measured is the platform's time and not an application's. */
export function server(runtime: RealRuntime): Version {
  return {
    ...busybox(runtime, ['httpd', '-f', '-p', '8080', '-h', '/tmp']),
    ports: [{ name: 'web', containerPort: 8_080 }],
    readiness: { tcp: { portName: 'web' } },
  }
}

/** Does nothing for as long as it lives. */
export function sleeper(runtime: RealRuntime): Version {
  return busybox(runtime, ['sleep', '2147483647'])
}

function busybox(runtime: RealRuntime, args: string[]): Version {
  const program = runtime === 'containerd' ? '/bin/busybox' : (findProgram('busybox') ?? '')
  const image = runtime === 'containerd' ? BUSYBOX_IMAGE.name : 'host'
  return { image, command: [program], args, resources: RESOURCES, terminationGraceMs: KILL_GRACE_MS }
}
