import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { systemClock } from '@fornax/kernel/clock'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { greeter, orderOf } from '../bubblewrap/test/scratch-orders.ts'
import { tagOf } from '../network/agent-tag.ts'
import { AGENT_LABEL } from './container-config.ts'
import { CriClient } from './cri-client.ts'
import { NODE_IMAGE, ScratchContainerd } from './test/scratch-containerd.ts'
import { inImage, ScratchRuntime } from './test/scratch-runtime.ts'
import { canRunContainers } from './test/this-machine.ts'

describe.skipIf(!canRunContainers)('sandboxes that are ready before their pods', () => {
  let containerd: ScratchContainerd
  beforeAll(async () => void (containerd = await ScratchContainerd.start({ images: [NODE_IMAGE] })))
  afterAll(() => containerd[Symbol.asyncDispose]())

  it('are taken at once, made again while nothing starts, and leave nothing behind', async () => {
    const scratch = await ScratchRuntime.open(containerd, { stock: { least: 1, most: 2 } })
    await stocked(scratch)
    const result = await scratch.runtime.createPod(inImage(greeter('pod-a')))
    if (result.kind === 'failed') throw new Error(result.reason)
    await scratch.hear(result.pod, 'listening')
    // Whoever finds none must wait until it is made; one that is there takes next to nothing.
    const without = await ScratchRuntime.open(containerd, { stock: { least: 0, most: 0 } })
    const made = await without.runtime.createPod(inImage(greeter('pod-b')))
    if (made.kind === 'failed') throw new Error(made.reason)
    expect(result.took?.sandboxMs).toBeLessThan((made.took?.sandboxMs ?? 0) / 2)
    await without[Symbol.asyncDispose]()
    await stocked(scratch)
    expect(await scratch.runtime.listPodIds()).toEqual(['pod-a'])
    await scratch.runtime.destroyPod('pod-a')
    await scratch[Symbol.asyncDispose]()
    expect(await sandboxesOf(scratch.folder)).toEqual([])
  })

  it('keep the limits of their pods, and tell what those use', async () => {
    await using scratch = await ScratchRuntime.open(containerd, { stock: { least: 1, most: 1 } })
    await stocked(scratch)
    const memoryBytes = 96 * 1024 * 1024
    const bomb = `const all = []; for (;;) all.push(Buffer.alloc(1 << 20, 1))`
    const pod = await scratch.create(orderOf('pod-bomb', bomb, { memoryBytes }))
    expect(await pod.ended).toEqual({ exitCode: 137, outOfMemory: true })
    await stocked(scratch)
    await scratch.hear(await scratch.create(greeter('pod-a')), 'listening')
    expect((await scratch.runtime.readUsage()).get('pod-a')?.memoryBytes).toBeGreaterThan(1_000_000)
  })

  it('are not lost when a pod cannot be made in one: the next finds another', async () => {
    await using scratch = await ScratchRuntime.open(containerd, { stock: { least: 1, most: 1 } })
    await stocked(scratch)
    const broken = { ...inImage(orderOf('pod-broken', '')), podId: 'pod-broken' }
    const version = { ...broken.version, command: ['/no/such/command'] }
    expect((await scratch.runtime.createPod({ ...broken, version })).kind).toBe('failed')
    await stocked(scratch)
    await scratch.hear(await scratch.create(greeter('pod-a')), 'listening')
  })

  it('are not trusted: a pod whose sandbox has died meanwhile gets another', async () => {
    await using scratch = await ScratchRuntime.open(containerd, { stock: { least: 1, most: 1 } })
    await stocked(scratch)
    const dead = await sandboxesOf(scratch.folder)
    using client = new CriClient(containerd.socketPath, systemClock)
    for (const id of dead) await client.removeSandbox(id)
    const pod = await scratch.create(greeter('pod-a'))
    await scratch.hear(pod, 'listening')
    await scratch.runtime.destroyPod('pod-a')
    expect(await scratch.runtime.listPodIds()).toEqual([])
  })

  it('are removed by the next agent when theirs was killed, and their pods are taken over', async () => {
    const folder = containerd.agentFolder('stock-killed')
    const program = join(import.meta.dirname, 'test', 'scratch-agent.ts')
    const args = [program, containerd.socketPath, folder, '0', '127.0.0.1', 'stocked']
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    const [line] = await once(createInterface(child.stdout), 'line')
    const { handle }: { readonly handle: string } = JSON.parse(String(line))
    expect((await sandboxesOf(folder)).length).toBe(2)
    child.kill('SIGKILL')
    await once(child, 'exit')
    await using scratch = await ScratchRuntime.openIn(containerd, folder)
    expect(await scratch.runtime.listPodIds()).toEqual(['pod-a'])
    expect((await scratch.runtime.adoptPod(inImage(greeter('pod-a')), handle, [])).kind).toBe('running')
    expect((await scratch.runtime.readUsage()).get('pod-a')?.memoryBytes).toBeGreaterThan(1_000_000)
    await expect.poll(async () => (await sandboxesOf(folder)).length, { timeout: 10_000 }).toBe(1)
    await scratch.runtime.destroyPod('pod-a')
    expect(await sandboxesOf(folder)).toEqual([])
  })

  async function stocked(scratch: ScratchRuntime): Promise<void> {
    await expect.poll(() => scratch.runtime.stockSize, { timeout: 15_000, interval: 20 }).toBeGreaterThan(0)
  }

  async function sandboxesOf(folder: string): Promise<readonly string[]> {
    using client = new CriClient(containerd.socketPath, systemClock)
    return (await client.listSandboxes({ [AGENT_LABEL]: tagOf(folder) })).map(({ id }) => id)
  }
})
