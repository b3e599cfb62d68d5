import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { tagOf } from '../network/agent-tag.ts'
import { createBubblewrapRuntime } from './bubblewrap-runtime.ts'
import { greeter, orderOf, scratchOptions } from './test/scratch-orders.ts'
import { anyPort, endOfSocket, expectOpened, nextBytes, ScratchRuntime } from './test/scratch-runtime.ts'
import { canOwnNetworks, canSandbox } from './test/this-machine.ts'

const isRoot = process.geteuid?.() === 0

describe.skipIf(!canOwnNetworks)('an agent that is killed', () => {
  it('leaves its pods and their sessions to the next one, and no client notices', async () => {
    await using folder = scratchFolder()
    const port = anyPort()
    const agent = await startAgent(folder.path, port)
    await using scratch = await ScratchRuntime.open({ podsFolder: folder.path, network: 'own' })
    const client = await scratch.dial(port)
    expect(await nextBytes(client)).toBe('pod-a')
    await agent.kill()
    await scratch.restart() // Nothing of the first one is known to it.

    const adopted = await scratch.runtime.adoptPod(greeter('pod-a'), agent.handle, [
      { sessionId: 'ses-a', hostPorts: [port] },
    ])
    if (adopted.kind !== 'running') throw new Error(`the pod is ${adopted.kind}`)
    client.write('still there?')
    expect(await nextBytes(client)).toBe('still there?')
    expect((await scratch.runtime.readUsage()).get('pod-a')?.memoryBytes).toBeGreaterThan(1_000_000)
    const cut = endOfSocket(client)
    await adopted.pod.closeEndpoints('ses-a')
    await cut
    adopted.pod.stop(5_000)
    expect(await adopted.pod.ended).toEqual({ exitCode: 143, outOfMemory: false })
  })

  it('has its sessions closed that nobody knows any more', async () => {
    await using folder = scratchFolder()
    const port = anyPort()
    const agent = await startAgent(folder.path, port)
    await agent.kill()
    await using scratch = await ScratchRuntime.open({ podsFolder: folder.path })
    const client = await scratch.dial(port)
    await nextBytes(client)
    const cut = endOfSocket(client)
    const adopted = await scratch.runtime.adoptPod(greeter('pod-a'), agent.handle, [])
    expect(adopted.kind).toBe('running')
    client.write('still there?')
    await cut
    await expect(scratch.dial(port)).rejects.toThrow('ECONNREFUSED')
  })

  it('leaves nothing of a pod that ends while it is away, but how it ended', async () => {
    await using folder = scratchFolder()
    const agent = await startAgent(folder.path, anyPort())
    await agent.kill()
    process.kill(sandboxPid(agent.handle), 'SIGKILL')
    await expect.poll(() => existsSync(join(folder.path, '.exits', 'pod-a')), { interval: 10 }).toBe(true)
    expect(podTracesOf(folder.path)).toEqual([])

    await using scratch = await ScratchRuntime.open({ podsFolder: folder.path })
    const adopted = await scratch.runtime.adoptPod(greeter('pod-a'), agent.handle, [])
    expect(adopted).toEqual({ kind: 'ended', end: { exitCode: 137, outOfMemory: false } })
  })

  it('has its leftovers recognised and removed, even without the folder of the pod', async () => {
    await using folder = scratchFolder()
    const agent = await startAgent(folder.path, anyPort())
    await agent.kill()
    await using scratch = await ScratchRuntime.open({ podsFolder: folder.path })
    await rm(join(folder.path, 'pod-a'), { recursive: true })
    expect(await scratch.runtime.listPodIds()).toEqual(['pod-a'])
    await scratch.runtime.destroyPod('pod-a')
    expect(await scratch.runtime.listPodIds()).toEqual([])
    await expect.poll(() => existsSync(`/proc/${sandboxPid(agent.handle)}/root/proc`)).toBe(false)
  })

  it('is not needed by a shim that is killed as well: the end is told without an exit code', async () => {
    await using scratch = await ScratchRuntime.open()
    const pod = await scratch.create(greeter('pod-a'))
    for (const pid of shimsOf(scratch.options.podsFolder)) process.kill(pid, 'SIGKILL')
    pod.stop(0)
    expect(await pod.ended).toEqual({ exitCode: null, outOfMemory: false })
    expect(podTracesOf(scratch.options.podsFolder)).toEqual([])
  }, 20_000)
})

describe.skipIf(!canOwnNetworks)('an agent that leaves in an orderly way', () => {
  it('leaves no rule, route, cable, namespace, mount, group or process', async () => {
    await using folder = scratchFolder()
    {
      await using scratch = await ScratchRuntime.open({ podsFolder: folder.path })
      const pods = await Promise.all(['pod-a', 'pod-b', 'pod-c'].map((podId) => scratch.create(greeter(podId))))
      for (const pod of pods) expectOpened(await pod.openEndpoints({ sessionId: pod.podId, hostPorts: [anyPort()] }))
      const { networks, tables, cables, routes } = tracesOf(folder.path)
      expect([networks.length, tables.length, cables.length]).toEqual([3, 1, 3])
      expect(routes).toHaveLength(4)
    }
    await expect.poll(() => tracesOf(folder.path).cables, { timeout: 5_000 }).toEqual([]) // The kernel is a bit late.
    const nothing = { networks: [], tables: [], cables: [], routes: [], groups: [], mounts: [] }
    expect(tracesOf(folder.path)).toEqual(nothing)
    expect(shimsOf(folder.path)).toEqual([])
  })

  it('leaves everything as it is while there are pods', async () => {
    await using scratch = await ScratchRuntime.open()
    const pod = await scratch.create(greeter('pod-a'))
    await scratch.hear(pod, 'listening')
    const port = anyPort()
    await pod.openEndpoints({ sessionId: 'ses-a', hostPorts: [port] })
    const client = await scratch.dial(port)
    await nextBytes(client)
    await scratch.restart()
    client.write('still there?')
    expect(await nextBytes(client)).toBe('still there?')
    expect(await nextBytes(await scratch.dial(port))).toBe('pod-a')
  })

  it('takes nothing away from another agent on the same machine', async () => {
    await using other = await ScratchRuntime.open()
    const pod = await other.create(greeter('pod-a'))
    await other.hear(pod, 'listening')
    const port = anyPort()
    await pod.openEndpoints({ sessionId: 'ses-a', hostPorts: [port] })
    {
      await using scratch = await ScratchRuntime.open()
      const twin = await scratch.create(greeter('pod-a'))
      await scratch.hear(twin, 'listening')
      expect(twin.probeAddress('game')).not.toEqual(pod.probeAddress('game'))
    }
    expect(await nextBytes(await other.dial(port))).toBe('pod-a')
  })
})

describe.skipIf(!canOwnNetworks)('a sandbox that was there before its pod, and cannot become it', () => {
  it('is taken away whole', async () => {
    await using folder = scratchFolder()
    const runtime = await createBubblewrapRuntime({ ...scratchOptions(folder.path), stock: { least: 1, most: 1 } })
    try {
      await expect.poll(() => runtime.stockSize, { timeout: 10_000, interval: 10 }).toBe(1)
      const [box = ''] = readdirSync(join(folder.path, '.stock'))
      expect(tracesOf(folder.path).groups.some((path) => path.endsWith(box))).toBe(true)
      mkdirSync(join(folder.path, '.stock', box, 'slot')) // Nothing can be noted there.
      expect((await runtime.createPod(greeter('pod-a'))).kind).toBe('failed')
      expect(existsSync(join(folder.path, '.stock', box))).toBe(false)
      expect(tracesOf(folder.path).groups.some((path) => path.endsWith(box))).toBe(false)
      expect(await runtime.listPodIds()).toEqual([])
    } finally {
      await runtime[Symbol.asyncDispose]()
    }
  })
})

describe.skipIf(!canSandbox)('a pod that never came so far as to run', () => {
  it('leaves nothing in the way of the next try, when an agent finds it noted', async () => {
    await using scratch = await ScratchRuntime.open({ network: 'shared' })
    const order = orderOf('pod-a', `setInterval(() => {}, 1e6); console.log('up')`)
    mkdirSync(join(scratch.options.podsFolder, 'pod-a')) // The agent before us died right after this.
    expect(await scratch.runtime.adoptPod(order, null, [])).toEqual({ kind: 'unknown' })
    await scratch.hear(await scratch.create(order), 'up')
  })
})

describe.skipIf(!canSandbox)('a pod that is asked for twice', () => {
  it('goes on, and the second one is refused', async () => {
    await using scratch = await ScratchRuntime.open({ network: 'shared' })
    const order = orderOf('pod-a', `setInterval(() => {}, 1e6); console.log('up')`)
    const pod = await scratch.create(order)
    await scratch.hear(pod, 'up')
    expect(await scratch.runtime.createPod(order)).toEqual({ kind: 'failed', reason: 'there is a pod of this name' })
    pod.stop(0)
    expect(await pod.ended).toEqual({ exitCode: 137, outOfMemory: false })
  })
})

describe.skipIf(!canSandbox)('an agent without root', () => {
  it.skipIf(!isRoot)('runs pods in a sandbox on the network of the node, and says so', async () => {
    await using folder = scratchFolder()
    chownSync(folder.path, 65_534, 65_534)
    const port = anyPort()
    const agent = await startAgent(folder.path, port, { uid: 65_534, gid: 65_534 })
    expect(agent).toMatchObject({ portsBelongTo: 'pod', podOwner: null, endpoints: [{ host: '127.0.0.1', port }] })
    await agent.kill()
    process.kill(sandboxPid(agent.handle), 'SIGKILL')
    await expect.poll(() => existsSync(join(folder.path, '.exits', 'pod-a'))).toBe(true)
    expect(readFileSync(join(folder.path, '.exits', 'pod-a'), 'utf8')).toBe('137\n')
  })

  it('gives a pod nothing of the node to write to', async () => {
    await using scratch = await ScratchRuntime.open({ network: 'shared' })
    const order = orderOf('pod-a', `require('node:fs').writeFileSync('/etc/fornax-try', 'x')`)
    expect((await (await scratch.create(order)).ended).exitCode).toBe(1)
  })
})

type ScratchAgent = {
  readonly handle: string
  readonly portsBelongTo: string
  readonly podOwner: unknown
  readonly endpoints: unknown
  kill(): Promise<void>
}

const toldSchema = z.object({
  handle: z.string(),
  portsBelongTo: z.string(),
  podOwner: z.unknown(),
  opened: z.object({ kind: z.literal('opened'), endpoints: z.array(z.unknown()) }),
})

async function startAgent(folder: string, port: number, user: object = {}): Promise<ScratchAgent> {
  const program = join(import.meta.dirname, 'test', 'scratch-agent.ts')
  const child: ChildProcess = spawn(process.execPath, [program, folder, String(port)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    ...user,
  })
  if (child.stdout === null) throw new Error('the agent has no output')
  const [line] = await once(createInterface(child.stdout), 'line')
  const { opened, ...told } = toldSchema.parse(JSON.parse(String(line)))
  const log = join(folder, 'pod-a', 'stdout.log')
  await expect.poll(() => readFileSync(log, 'utf8'), { timeout: 10_000, interval: 10 }).toContain('listening')
  return {
    ...told,
    podOwner: told.podOwner,
    endpoints: opened.endpoints,
    kill: async () => {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

function sandboxPid(handle: string): number {
  return z.object({ sandbox: z.object({ pid: z.number() }) }).parse(JSON.parse(handle)).sandbox.pid
}

function shimsOf(podsFolder: string): readonly number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.map(Number).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`pod-shim.sh\0${podsFolder}/`)
    } catch {
      return false // It has just ended.
    }
  })
}

/** All that an agent may have made on this machine, outside its own folder. */
function tracesOf(podsFolder: string): Record<string, readonly string[]> & {
  readonly [name in 'networks' | 'tables' | 'cables' | 'routes' | 'groups' | 'mounts']: readonly string[]
} {
  const tag = tagOf(podsFolder)
  const grep = (text: string): readonly string[] => text.split('\n').filter((line) => line.includes(tag))
  const cables = readdirSync('/sys/class/net').filter((name) => name.includes(tag))
  const block = blockOf(podsFolder)
  const routes = execFileSync('ip', ['route', 'show'], { encoding: 'utf8' }).split('\n')
  return {
    networks: existsSync('/run/netns') ? readdirSync('/run/netns').filter((name) => name.includes(tag)) : [],
    tables: grep(execFileSync('nft', ['list', 'tables'], { encoding: 'utf8' })),
    cables,
    routes: routes.filter((route) => route.includes(tag) || (block !== null && route.includes(block))),
    groups: execFileSync('find', ['/sys/fs/cgroup', '-type', 'd', '-name', '*'], { encoding: 'utf8' })
      .split('\n')
      .filter((path) => path.includes(`fornax-${tag}`)),
    mounts: grep(readFileSync('/proc/self/mountinfo', 'utf8')),
  }
}

/** What is left of pods outside the agent's folder. */
function podTracesOf(podsFolder: string): readonly string[] {
  const { networks, groups } = tracesOf(podsFolder)
  return [...networks, ...groups].filter((name) => name.includes('pod-'))
}

/** What `unreachable` routes of this agent begin with. */
function blockOf(podsFolder: string): string | null {
  const path = join(podsFolder, '.network.json')
  const block = existsSync(path)
    ? z.object({ block: z.number().optional() }).parse(JSON.parse(readFileSync(path, 'utf8')))
    : {}
  if (block.block === undefined) return null
  const address = 0x64400000 + block.block * 4_096
  return `unreachable ${[address >>> 24, (address >>> 16) & 255, (address >>> 8) & 255, address & 255].join('.')}/20`
}

function scratchFolder(): AsyncDisposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'fornax-killed-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}
