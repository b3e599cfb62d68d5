import { join } from 'node:path'
import { systemClock } from '@fornax/kernel/clock'
import { createLog } from '@fornax/kernel/log'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { orderOf } from '../bubblewrap/test/scratch-orders.ts'
import { openRuntimes, removeRetiredPods, type RuntimesWorld } from '../open-runtimes.ts'
import type { Runtime } from '../runtime.ts'
import { BUSYBOX_IMAGE, ScratchContainerd } from './test/scratch-containerd.ts'
import { canRunContainers } from './test/this-machine.ts'

describe.skipIf(!canRunContainers)('an agent that is told of a containerd', () => {
  let containerd: ScratchContainerd
  beforeAll(async () => {
    containerd = await ScratchContainerd.start({ images: [BUSYBOX_IMAGE], handlers: ['spare', 'Odd', 'bubblewrap'] })
  })
  afterAll(() => containerd[Symbol.asyncDispose]())

  it('offers its default handler to everybody, the others on request, and the host runtime beside', async () => {
    const world = worldOf(containerd, 'offers')
    await using opened = await open('process', world)
    expect(
      opened.runtimes.map(({ name, isolation, images, isOnRequest }) => [name, isolation, images, isOnRequest]),
    ).toEqual([
      ['containerd', 'container', 'oci', false],
      ['spare', 'container', 'oci', true],
      ['process', 'none', 'host', false],
    ])
    await using containers = await open('containerd', worldOf(containerd, 'containers'))
    expect(containers.runtimes.map(({ name }) => name)).toEqual(['containerd', 'spare'])
  })

  it('keeps the pods of its handlers apart', async () => {
    await using opened = await open('process', worldOf(containerd, 'apart'))
    const [first, spare] = opened.runtimes
    await start(first, 'pod-first')
    await start(spare, 'pod-spare')
    expect([await first?.listPodIds(), await spare?.listPodIds()]).toEqual([['pod-first'], ['pod-spare']])
    expect([await usersOf(first), await usersOf(spare)]).toEqual([['pod-first'], ['pod-spare']])
  })

  it('removes the pods of a handler that containerd no longer has', async () => {
    const world = worldOf(containerd, 'handlers')
    {
      await using opened = await open('process', world, 'leave')
      await start(opened.runtimes[1], 'pod-spare')
    }
    await containerd.kill()
    containerd.configure([])
    await containerd.begin()
    await using opened = await open('process', world)
    expect(opened.runtimes.map(({ name }) => name)).toEqual(['containerd', 'process'])
    expect(await containerd.ctr('containers', 'list', '-q')).toBe('')
  })

  it('removes all its containers when it is told of containerd no more', async () => {
    const world = worldOf(containerd, 'told')
    {
      await using opened = await open('process', world, 'leave')
      await start(opened.runtimes[0], 'pod-left')
    }
    const without = { ...world, containerdSocket: null }
    await using opened = await open('process', without)
    await removeRetiredPods(opened.runtimes, without)
    expect(await containerd.ctr('containers', 'list', '-q')).toBe('')
  })

  it('says where it looked when nobody is there', async () => {
    const containerdSocket = join(containerd.folder, 'nobody.sock')
    const world = { ...worldOf(containerd, 'nobody'), containerdSocket }
    await expect(openRuntimes('process', world)).rejects.toThrow(containerdSocket)
  })
})

type Opened = AsyncDisposable & { readonly runtimes: readonly Runtime[] }

/** What is opened is closed again; its pods end, unless they are to be left. */
async function open(
  choice: 'process' | 'containerd',
  world: RuntimesWorld,
  pods: 'end' | 'leave' = 'end',
): Promise<Opened> {
  const runtimes = await openRuntimes(choice, world)
  return {
    runtimes,
    [Symbol.asyncDispose]: async () => {
      for (const runtime of runtimes) {
        if (pods === 'end') for (const podId of await runtime.listPodIds()) await runtime.destroyPod(podId)
        await runtime[Symbol.asyncDispose]()
      }
    },
  }
}

async function start(runtime: Runtime | undefined, podId: string): Promise<void> {
  const change = { image: BUSYBOX_IMAGE.name, command: ['/bin/busybox'], args: ['sleep', '1000'] }
  expect((await runtime?.createPod(orderOf(podId, '', change)))?.kind).toBe('created')
}

async function usersOf(runtime: Runtime | undefined): Promise<readonly string[]> {
  return [...((await runtime?.readUsage()) ?? new Map<string, unknown>()).keys()]
}

function worldOf(containerd: ScratchContainerd, name: string): RuntimesWorld {
  return {
    dataDir: containerd.agentFolder(name, 'pods/containerd'),
    host: '127.0.0.1',
    path: process.env['PATH'] ?? '',
    hiddenFolders: [],
    containerdSocket: containerd.socketPath,
    clock: systemClock,
    log: createLog('agent', process.env['LOG_LEVEL'] ?? 'silent'),
  }
}
