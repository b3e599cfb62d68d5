import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '@fornax/kernel/clock'
import { createLog } from '@fornax/kernel/log'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { orderOf } from '../bubblewrap/test/scratch-orders.ts'
import { CriClient } from './cri-client.ts'
import { Images, UNUSED_MS } from './images.ts'
import { BUSYBOX_IMAGE, ScratchContainerd } from './test/scratch-containerd.ts'
import { startRegistry } from './test/scratch-registry.ts'
import { ScratchRuntime } from './test/scratch-runtime.ts'
import { canRunContainers } from './test/this-machine.ts'

describe.skipIf(!canRunContainers)('the image of a pod', () => {
  let containerd: ScratchContainerd
  beforeAll(async () => void (containerd = await ScratchContainerd.start({ images: [] })))
  afterAll(() => containerd[Symbol.asyncDispose]())

  it('is pulled when the node does not have it, once for all pods that wait for it', async () => {
    await using registry = await startRegistry({ ...BUSYBOX_IMAGE, files: { '/hello': 'once' } })
    await using scratch = await ScratchRuntime.open(containerd)
    const pods = ['pod-a', 'pod-b', 'pod-c'].map((podId) =>
      scratch.create(shell(podId, registry.imageName, 'cat /hello')),
    )
    for (const pod of await Promise.all(pods)) {
      expect(await pod.ended).toEqual({ exitCode: 0, outOfMemory: false })
      expect(scratch.linesOf(pod.podId)).toEqual(['once'])
    }
    expect(registry.layersFetched()).toBe(1)
    await (
      await scratch.create(shell('pod-d', registry.imageName, 'true'))
    ).ended
    expect(registry.layersFetched()).toBe(1)
  })

  it('is pulled by whom the registry wants to see', async () => {
    const secret = 'a secret that no log repeats'
    await using registry = await startRegistry({ ...BUSYBOX_IMAGE, files: { '/hello': 'by you' } }, secret)
    const known = { registry: registry.host, username: 'puller', password: secret, identityToken: '' }
    const other = { ...known, registry: 'registry.example', password: 'of another registry' }
    await using scratch = await ScratchRuntime.open(containerd)
    const secrets = { env: {}, files: [], credentials: [other, known], problem: '' }
    const pod = await scratch.create({ ...shell('pod-a', registry.imageName, 'cat /hello'), secrets })
    expect(await pod.ended).toEqual({ exitCode: 0, outOfMemory: false })
    expect(scratch.linesOf('pod-a')).toEqual(['by you'])
  })

  it.each([
    ['a registry that does not have it', (host: string) => `${host}/shop:2`, 'not found'],
    ['a registry that does not let us', (host: string) => `${host}/shop:1`, '401'],
    ['no registry at all', () => '127.0.0.1:1/shop:1', 'connection refused'],
    ['a name that is none', () => 'Not A Name', 'invalid reference format'],
  ])('that cannot be had from %s fails its pod with the reason, and leaves nothing', async (_, nameOf, reason) => {
    await using registry = await startRegistry(BUSYBOX_IMAGE, reason === '401' ? 'secret' : null)
    await using scratch = await ScratchRuntime.open(containerd)
    const image = nameOf(registry.host)
    const result = await scratch.runtime.createPod(shell('pod-a', image, 'true'))
    expect(result).toEqual({ kind: 'failed', reason: expect.stringContaining(reason) })
    expect(result).toEqual({ kind: 'failed', reason: expect.stringContaining(`the image ${image}`) })
    expect(await scratch.runtime.listPodIds()).toEqual([])
  })

  it('is asked for at each start of a pod whose version says so, and never where it says that', async () => {
    await using registry = await startRegistry({ ...BUSYBOX_IMAGE, files: { '/hello': 'always' } })
    await using scratch = await ScratchRuntime.open(containerd)
    const order = (podId: string, imagePullPolicy: 'always' | 'never') => {
      const { version, ...rest } = shell(podId, registry.imageName, 'true')
      return { ...rest, version: { ...version, imagePullPolicy } }
    }
    expect(await scratch.runtime.createPod(order('pod-a', 'never'))).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('not to pull it'),
    })
    expect(registry.timesAsked()).toBe(0)
    await (
      await scratch.create(order('pod-b', 'always'))
    ).ended
    const asked = registry.timesAsked()
    expect(asked).toBeGreaterThan(0)
    await (
      await scratch.create(order('pod-c', 'never'))
    ).ended
    expect(registry.timesAsked()).toBe(asked)
    await (
      await scratch.create(order('pod-d', 'always'))
    ).ended
    expect(registry.timesAsked()).toBeGreaterThan(asked)
    expect(registry.layersFetched()).toBe(1) // It was the same one.
  })

  it('is removed when it was pulled here, nothing runs it and nobody has wanted it for long', async () => {
    await using registry = await startRegistry({ ...BUSYBOX_IMAGE, files: { '/hello': 'collect' } })
    await using scratch = await ScratchRuntime.open(containerd)
    const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + later.ms }
    const later = { ms: 0 }
    using client = new CriClient(containerd.socketPath, systemClock)
    const log = createLog('agent', 'silent')
    const file = join(scratch.folder, 'images.json')
    const images = new Images({ client, clock, log, file })
    const { imageName } = registry
    await images.ensure({ image: imageName, pullPolicy: 'ifNotPresent', credentials: [] })
    expect(await images.collect(new Set())).toEqual([]) // It was just used.
    later.ms = 2 * UNUSED_MS
    expect(await images.collect(new Set([imageName]))).toEqual([]) // Somebody may ask for it.
    const pod = await scratch.create(shell('pod-a', imageName, 'sleep 600'))
    expect(await images.collect(new Set())).toEqual([]) // Somebody runs it.
    pod.stop(0)
    await pod.ended
    await scratch.runtime.destroyPod('pod-a')
    const after = new Images({ client, clock, log, file }) // As after a restart of the agent.
    expect(await after.collect(new Set())).toEqual([imageName])
    expect(await client.imageStatus(imageName)).toBeNull()
    expect(await after.collect(new Set())).toEqual([])
    expect(await client.imageStatus('fornax.test/pause:1')).not.toBeNull() // That of others stays.
  })

  it('stays while it has another name that is wanted, or that others gave it', async () => {
    await using registry = await startRegistry({ ...BUSYBOX_IMAGE, files: { '/hello': 'two names' } })
    await using scratch = await ScratchRuntime.open(containerd)
    using client = new CriClient(containerd.socketPath, systemClock)
    const log = createLog('agent', 'silent')
    const file = join(scratch.folder, 'images.json')
    const { imageName } = registry
    const otherName = `${registry.host}/shop:stable`
    await client.pullImage(imageName, null)
    await containerd.ctr('images', 'tag', imageName, otherName)
    await expect.poll(() => client.imageStatus(otherName), { timeout: 5_000 }).not.toBeNull()
    const imagesOf = (ours: Readonly<Record<string, number>>): Images => {
      writeFileSync(file, JSON.stringify(ours))
      return new Images({ client, clock: systemClock, log, file })
    }
    expect(await imagesOf({ [imageName]: 0 }).collect(new Set())).toEqual([]) // The other one is not ours.
    const both = { [imageName]: 0, [otherName]: 0 }
    expect(await imagesOf(both).collect(new Set([otherName]))).toEqual([])
    const isUsed = { [imageName]: 0, [otherName]: systemClock.nowMs() }
    expect(await imagesOf(isUsed).collect(new Set())).toEqual([])
    expect(await client.imageStatus(otherName)).not.toBeNull()
    expect(await imagesOf(both).collect(new Set())).toEqual([imageName])
    expect(await client.imageStatus(otherName)).toBeNull()
  })

  it('is not the node itself', async () => {
    await using scratch = await ScratchRuntime.open(containerd)
    const result = await scratch.runtime.createPod(shell('pod-a', 'host', 'true'))
    expect(result).toMatchObject({ kind: 'failed', reason: expect.stringContaining('OCI images') })
  })
})

function shell(podId: string, image: string, line: string) {
  return orderOf(podId, '', {
    image,
    command: ['/bin/busybox', 'sh', '-c'],
    args: [line.replace('cat', 'busybox cat')],
  })
}
