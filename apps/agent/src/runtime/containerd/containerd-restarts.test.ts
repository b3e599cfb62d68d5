import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { systemClock } from '@fornax/kernel/clock'
import { ContainerState, type PodSandboxConfig } from '@fornax/proto/cri/v1/runtime'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { greeter, orderOf } from '../bubblewrap/test/scratch-orders.ts'
import { anyPort, endOfSocket, expectOpened, nextBytes } from '../bubblewrap/test/scratch-runtime.ts'
import { tableName, tagOf } from '../network/agent-tag.ts'
import { AGENT_LABEL, containerConfig, sandboxConfig, type ContainerPlan } from './container-config.ts'
import { parseHandle } from './containerd-pod.ts'
import { CriClient } from './cri-client.ts'
import { NODE_IMAGE, ScratchContainerd } from './test/scratch-containerd.ts'
import { inImage, ScratchRuntime } from './test/scratch-runtime.ts'
import { canRunContainers } from './test/this-machine.ts'

describe.skipIf(!canRunContainers)('containers and those who look after them', () => {
  let containerd: ScratchContainerd
  beforeAll(async () => void (containerd = await ScratchContainerd.start()))
  afterAll(() => containerd[Symbol.asyncDispose]())

  describe('an agent that is killed', () => {
    it('leaves its pods and their sessions to the next one, and no client notices', async () => {
      const agent = await startAgent(containerd, 'killed-1')
      await using scratch = await ScratchRuntime.openIn(containerd, agent.folder)
      const client = await scratch.dial(agent.port)
      expect(await nextBytes(client)).toBe('pod-a')
      await agent.kill()
      await scratch.restart() // Nothing of the first one is known to it.

      const session = { sessionId: 'ses-a', hostPorts: [agent.port] }
      const adopted = await scratch.runtime.adoptPod(inImage(greeter('pod-a')), agent.handle, [session])
      if (adopted.kind !== 'running') throw new Error(`the pod is ${adopted.kind}`)
      client.write('still there?')
      expect(await nextBytes(client)).toBe('still there?')
      expect((await scratch.runtime.readUsage()).get('pod-a')?.memoryBytes).toBeGreaterThan(1_000_000)
      const cut = endOfSocket(client)
      await adopted.pod.closeEndpoints('ses-a')
      await cut
      adopted.pod.stop(0)
      expect(await adopted.pod.ended).toEqual({ exitCode: 137, outOfMemory: false })
    })

    it('has its sessions closed that nobody knows any more', async () => {
      const agent = await startAgent(containerd, 'killed-2')
      await agent.kill()
      await using scratch = await ScratchRuntime.openIn(containerd, agent.folder)
      const client = await scratch.dial(agent.port)
      await nextBytes(client)
      const cut = endOfSocket(client)
      const adopted = await scratch.runtime.adoptPod(inImage(greeter('pod-a')), agent.handle, [])
      expect(adopted.kind).toBe('running')
      client.write('still there?')
      await cut
      await expect(scratch.dial(agent.port)).rejects.toThrow('ECONNREFUSED')
    })

    it('is told how a pod ended that ended meanwhile, and finds it without knowing its handle', async () => {
      const agent = await startAgent(containerd, 'killed-3')
      await agent.kill()
      using client = new CriClient(containerd.socketPath, systemClock)
      await client.stopContainer(parseHandle(agent.handle).containerId, 0)
      await using scratch = await ScratchRuntime.openIn(containerd, agent.folder)
      const adopted = await scratch.runtime.adoptPod(inImage(greeter('pod-a')), null, [])
      expect(adopted).toEqual({ kind: 'ended', end: { exitCode: 137, outOfMemory: false } })
      await expect(scratch.dial(agent.port)).rejects.toThrow('ECONNREFUSED')
    })

    it('has its leftovers recognised and removed, even without the folder of the pod', async () => {
      const agent = await startAgent(containerd, 'killed-4')
      await agent.kill()
      execFileSync('umount', ['-l', join(agent.folder, 'pods', 'pod-a', 'scratch')])
      rmSync(join(agent.folder, 'pods', 'pod-a'), { recursive: true })
      await using scratch = await ScratchRuntime.openIn(containerd, agent.folder)
      expect(await scratch.runtime.listPodIds()).toEqual(['pod-a'])
      await scratch.runtime.destroyPod('pod-a')
      expect(await scratch.runtime.listPodIds()).toEqual([])
      expect(await containerd.ctr('containers', 'list', '-q')).not.toContain(parseHandle(agent.handle).sandboxId)
    })

    it('is not in the way of the next one when it died in the middle of making a pod', async () => {
      await using scratch = await ScratchRuntime.open(containerd)
      using client = new CriClient(containerd.socketPath, systemClock)
      const plan = planOf(scratch.folder, 'pod-half')
      const sandboxId = await client.runSandbox(sandboxConfig(plan), '')
      const config = { ...containerConfig(plan, NODE_IMAGE.name), mounts: [] }
      await client.createContainer({ sandboxId, config, sandboxConfig: sandboxConfig(plan) })
      const order = inImage(greeter('pod-half'))
      expect(await scratch.runtime.adoptPod(order, null, [])).toEqual({ kind: 'unknown' })
      await scratch.hear(await scratch.create(order), 'listening')
    })
  })

  it.each(['sandbox', 'container'] as const)(
    'are made anew or taken over when their agent is killed at the moment in which their %s is there',
    async (what) => {
      const folder = containerd.agentFolder(`killed-early-${what}`)
      const child = spawnAgent(containerd, folder, anyPort())
      using client = new CriClient(containerd.socketPath, systemClock)
      const list = () => (what === 'sandbox' ? client.listSandboxes(ours(folder)) : client.listContainers(ours(folder)))
      while ((await list()).length === 0); // As soon as can be.
      child.kill('SIGKILL')
      await once(child, 'exit')
      {
        await using scratch = await ScratchRuntime.openIn(containerd, folder)
        const order = inImage(greeter('pod-a'))
        const adopted = await scratch.runtime.adoptPod(order, null, [])
        expect(adopted.kind).toMatch(/unknown|running/)
        const pod = adopted.kind === 'running' ? adopted.pod : await scratch.create(order)
        await scratch.hear(pod, 'listening')
      }
      expect(await client.listSandboxes(ours(folder))).toEqual([])
    },
  )

  describe('an agent that leaves in an orderly way', () => {
    it('leaves no rule, group, mount or container', async () => {
      const folder = containerd.agentFolder('orderly')
      {
        await using scratch = await ScratchRuntime.openIn(containerd, folder)
        const pods = await Promise.all(['pod-a', 'pod-b', 'pod-c'].map((podId) => scratch.create(greeter(podId))))
        for (const pod of pods) expectOpened(await pod.openEndpoints({ sessionId: pod.podId, hostPorts: [anyPort()] }))
        expect(tracesOf(folder)).toMatchObject({ tables: { length: 2 }, mounts: { length: 3 } })
        expect(tracesOf(folder).groups.length).toBeGreaterThan(3)
      }
      expect(tracesOf(folder)).toEqual({ tables: [], groups: [], mounts: [] })
      expect(readdirSync(join(folder, 'pods'))).toEqual([])
      expect(await containerd.ctr('containers', 'list', '-q')).toBe('')
    })

    it('leaves everything as it is while there are pods', async () => {
      await using scratch = await ScratchRuntime.open(containerd)
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
  })

  describe('containers of others on the same containerd', () => {
    it('are neither listed nor touched, whatever becomes of ours', async () => {
      using client = new CriClient(containerd.socketPath, systemClock)
      const stranger = await startStranger(client, containerd.folder)
      await using other = await ScratchRuntime.open(containerd)
      const pod = await other.create(greeter('pod-a'))
      await other.hear(pod, 'listening')
      {
        await using scratch = await ScratchRuntime.open(containerd)
        const twin = await scratch.create(greeter('pod-a'))
        await scratch.hear(twin, 'listening')
        expect(await scratch.runtime.listPodIds()).toEqual(['pod-a'])
        expect([...(await scratch.runtime.readUsage()).keys()]).toEqual(['pod-a'])
        await scratch.restart()
        for (const podId of await scratch.runtime.listPodIds()) await scratch.runtime.destroyPod(podId)
        await scratch.runtime.destroyPod('stranger')
      }
      const { status } = await client.containerStatus(stranger.containerId)
      expect(status?.state).toBe(ContainerState.CONTAINER_RUNNING)
      expect(await nextBytes(await other.dial(7_000, pod.probeAddress('game')?.host))).toBe('pod-a')
      await client.removeSandbox(stranger.sandboxId)
    })
  })

  describe('a node that was switched off', () => {
    it('knows its pods to have ended, without knowing how, and makes new ones', async () => {
      await using scratch = await ScratchRuntime.open(containerd)
      const order = inImage(greeter('pod-a'))
      const pod = await scratch.create(order)
      await scratch.hear(pod, 'listening')
      const port = anyPort()
      await pod.openEndpoints({ sessionId: 'ses-a', hostPorts: [port] })
      await scratch.runtime[Symbol.asyncDispose]()
      await containerd.cutPower()
      await containerd.begin()
      await scratch.open()
      const session = { sessionId: 'ses-a', hostPorts: [port] }
      const adopted = await scratch.runtime.adoptPod(order, pod.handle, [session])
      expect(adopted).toEqual({ kind: 'ended', end: { exitCode: null, outOfMemory: false } })
      expect(scratch.linesOf('pod-a')).toEqual(['listening'])
      await expect(scratch.dial(port)).rejects.toThrow('ECONNREFUSED')
      await scratch.hear(await scratch.create(greeter('pod-b')), 'listening')
      await scratch.runtime.destroyPod('pod-a')
      expect(await scratch.runtime.listPodIds()).toEqual(['pod-b'])
    })
  })

  describe('a containerd that is killed', () => {
    it('is missed by no session, and pods are made again as soon as it is back', async () => {
      await using scratch = await ScratchRuntime.open(containerd)
      const pod = await scratch.create(greeter('pod-a'))
      await scratch.hear(pod, 'listening')
      await containerd.kill()
      const port = anyPort()
      expectOpened(await pod.openEndpoints({ sessionId: 'ses-a', hostPorts: [port] }))
      expect(await nextBytes(await scratch.dial(port))).toBe('pod-a')
      const next = scratch.create(greeter('pod-b')) // It waits.
      await containerd.begin()
      await scratch.hear(await next, 'listening')
      pod.stop(0)
      expect(await pod.ended).toEqual({ exitCode: 137, outOfMemory: false })
    })

    it('tells when it is back what ended meanwhile, if it can', async () => {
      await using scratch = await ScratchRuntime.open(containerd)
      const pod = await scratch.create(orderOf('pod-a', `console.log('pid'); setInterval(() => {}, 1e6)`))
      await scratch.hear(pod, 'pid')
      const pid = await commandPid(containerd, parseHandle(pod.handle).containerId)
      await containerd.kill()
      process.kill(pid, 'SIGKILL')
      await expect.poll(() => existsSync(`/proc/${pid}/root/proc`)).toBe(false)
      await containerd.begin()
      const { exitCode, outOfMemory } = await pod.ended
      expect([137, null]).toContain(exitCode)
      expect(outOfMemory).toBe(false)
    })

    it('keeps a pod from being killed only until it is back', async () => {
      await using scratch = await ScratchRuntime.open(containerd)
      const pod = await scratch.create(greeter('pod-a'))
      await containerd.kill()
      pod.stop(0)
      await containerd.begin()
      expect((await pod.ended).outOfMemory).toBe(false)
    })
  })
})

type ScratchAgent = {
  readonly folder: string
  readonly port: number
  readonly handle: string
  kill(): Promise<void>
}

const toldSchema = z.object({ handle: z.string(), opened: z.object({ kind: z.literal('opened') }) })

/** An agent's process with a pod and a session. */
async function startAgent(containerd: ScratchContainerd, name: string): Promise<ScratchAgent> {
  const folder = containerd.agentFolder(name)
  const port = anyPort()
  const child = spawnAgent(containerd, folder, port)
  const [line] = await once(createInterface(child.stdout), 'line')
  const { handle } = toldSchema.parse(JSON.parse(String(line)))
  const log = join(folder, 'pods', 'pod-a', 'container.log')
  await expect.poll(() => readFileSync(log, 'utf8'), { timeout: 10_000, interval: 10 }).toContain('listening')
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  return { folder, port, handle, kill }
}

function spawnAgent({ socketPath }: ScratchContainerd, folder: string, port: number) {
  const program = join(import.meta.dirname, 'test', 'scratch-agent.ts')
  return spawn(process.execPath, [program, socketPath, folder, String(port)], { stdio: ['pipe', 'pipe', 'inherit'] })
}

function ours(folder: string): Record<string, string> {
  return { [AGENT_LABEL]: tagOf(folder) }
}

/** Somebody else's pod: like ours, but for labels and names. */
async function startStranger(client: CriClient, folder: string) {
  const plan = planOf(folder, 'stranger')
  const config: PodSandboxConfig = {
    ...sandboxConfig(plan),
    metadata: { name: 'stranger', uid: 'stranger', namespace: 'default', attempt: 0 },
    labels: { app: 'stranger' },
  }
  const sandboxId = await client.runSandbox(config, '')
  const container = { ...containerConfig(plan, NODE_IMAGE.name), labels: { app: 'stranger' }, mounts: [] }
  const containerId = await client.createContainer({ sandboxId, config: container, sandboxConfig: config })
  await client.startContainer(containerId)
  return { sandboxId, containerId }
}

function planOf(folder: string, podId: string): ContainerPlan {
  const { version } = inImage(orderOf(podId, 'setInterval(() => {}, 1e6)'))
  const names = { podId, sandboxName: podId, tag: tagOf(folder), runtimeName: 'containerd' }
  const folders = { folder, scratchFolder: folder, sessionFolder: null, cgroupParent: null }
  return { ...names, ...folders, version, cgroupVersion: 1, hasIpv6: false, pids: 100, files: [] }
}

async function commandPid(containerd: ScratchContainerd, containerId: string): Promise<number> {
  const rows = (await containerd.ctr('tasks', 'list')).split('\n').map((line) => line.split(/\s+/))
  return Number(rows.find(([id]) => id === containerId)?.[1])
}

/** All that an agent may have made on this machine, outside its own folder and containerd. */
function tracesOf(folder: string) {
  const tag = tagOf(folder)
  const lines = (text: string): readonly string[] => text.split('\n').filter(Boolean)
  return {
    tables: lines(execFileSync('nft', ['list', 'tables'], { encoding: 'utf8' })).filter((line) =>
      line.endsWith(tableName(tag)),
    ),
    groups: lines(execFileSync('find', ['/sys/fs/cgroup', '-type', 'd', '-path', `*fornax-${tag}*`], UTF8)),
    mounts: lines(readFileSync('/proc/self/mountinfo', 'utf8')).filter((line) => line.includes(`${folder}/`)),
  }
}

const UTF8 = { encoding: 'utf8' } as const
