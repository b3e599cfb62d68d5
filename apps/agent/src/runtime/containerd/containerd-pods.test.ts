import { globSync, mkdirSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import type { ApplicationVersion } from '@fornax/node-model/application-version'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { greeter, orderOf } from '../bubblewrap/test/scratch-orders.ts'
import { SESSION_SOCKET } from '../runtime.ts'
import { NODE_IMAGE, PLAYER_IMAGE, ScratchContainerd } from './test/scratch-containerd.ts'
import { ScratchRuntime } from './test/scratch-runtime.ts'
import { canRunContainers } from './test/this-machine.ts'

describe.skipIf(!canRunContainers)('a pod as a container', () => {
  let containerd: ScratchContainerd
  beforeAll(async () => void (containerd = await ScratchContainerd.start({ images: [NODE_IMAGE, PLAYER_IMAGE] })))
  afterAll(() => containerd[Symbol.asyncDispose]())

  it('dies alone of using too much memory, and says so', async () => {
    await using scratch = await ScratchRuntime.open(containerd)
    const neighbour = await scratch.create(greeter('pod-neighbour'))
    const memoryBytes = 128 * 1024 * 1024
    const bomb = await scratch.create(orderOf('pod-bomb', MEMORY_BOMB, { memoryBytes }))
    expect(await bomb.ended).toEqual({ exitCode: 137, outOfMemory: true })
    await scratch.hear(neighbour, 'listening')
    neighbour.stop(0)
    expect(await neighbour.ended).toEqual({ exitCode: 137, outOfMemory: false })
  })

  it('can fill its own memory by what it writes, and nothing else', async () => {
    await using scratch = await ScratchRuntime.open(containerd)
    const source = `const { writeFileSync } = require('node:fs')
      for (let n = 0; ; n += 1) writeFileSync('/tmp/' + n, Buffer.alloc(8 << 20, 1))`
    const pod = await scratch.create(orderOf('pod-full', source, { memoryBytes: 128 * 1024 * 1024 }))
    const { exitCode } = await pod.ended
    expect([1, 137]).toContain(exitCode) // It was told that there is no room, or killed.
  })

  it('cannot fill the node with processes', async () => {
    await using scratch = await ScratchRuntime.open(containerd, { pidsPerPod: 40 })
    const source = `
      const { spawn } = require('node:child_process')
      let started = 0, refused = 0
      const all = Array.from({ length: 60 }, () => new Promise((resolve) => {
        const child = spawn('/bin/busybox', ['sleep', '100'])
        child.once('spawn', () => { started += 1; resolve() }).once('error', () => { refused += 1; resolve() })
      }))
      Promise.all(all).then(() => { console.log(JSON.stringify({ some: started > 5, refused: refused > 20 })); process.exit(0) })`
    expect(await ask(scratch, source)).toEqual({ some: true, refused: true })
  })

  it('gets the CPU that it asked for and no more, once it had time to start', async () => {
    await using scratch = await ScratchRuntime.open(containerd, { startAllowanceMs: 0 })
    const source = `const endMs = Date.now() + 1_500
      while (Date.now() < endMs);
      const { user, system } = process.cpuUsage()
      console.log((user + system) / 1_500_000)`
    const used = await ask(scratch, source, { cpuMillis: 300 })
    expect(used).toBeGreaterThan(0.1)
    expect(used).toBeLessThan(0.45)
  })

  it('is held to the CPU that it asked for when it is ready, and not before', async () => {
    await using scratch = await ScratchRuntime.open(containerd, { startAllowanceMs: 1 })
    const source = `console.log('up'); setInterval(() => {}, 1e6)`
    const pod = await scratch.create(orderOf('pod-late', source, { cpuMillis: 300 }))
    await scratch.hear(pod, 'up') // Its allowance is over by now.
    expect(cpuQuotaOf('pod-late')).toMatch(/^(-1|max)$/)
    pod.noteReady?.()
    expect(cpuQuotaOf('pod-late')).toBe('30000')
  })

  it('has no privileges, a filter for system calls, and nothing to write to but memory', async () => {
    await using scratch = await ScratchRuntime.open(containerd)
    const told = await ask(
      scratch,
      `const { readFileSync, writeFileSync } = require('node:fs')
      const status = readFileSync('/proc/self/status', 'utf8')
      const field = (name) => new RegExp('^' + name + ':\\\\s+(\\\\S+)', 'm').exec(status)[1]
      const tryTo = (work) => { try { work(); return 'done' } catch (error) { return error.code } }
      const write = (path) => tryTo(() => writeFileSync(path, 'x'))
      console.log(JSON.stringify({
        capabilities: ['CapEff', 'CapPrm', 'CapBnd', 'CapAmb'].map(field).join(' '), noNewPrivs: field('NoNewPrivs'),
        seccomp: field('Seccomp'), pid: process.pid, hostname: require('node:os').hostname(),
        root: write('/x'), etc: write('/etc/x'), scratch: ['/tmp/x', '/var/tmp/x', '/run/x', '/dev/shm/x'].map(write),
        sysctl: write('/proc/sys/kernel/hostname'), masked: readFileSync('/proc/interrupts').length,
        ipv6: Object.values(require('node:os').networkInterfaces()).flat().filter((each) => each.family === 'IPv6').length,
      }))`,
    )
    const none = '0000000000000000'
    expect(told).toEqual({
      capabilities: [none, none, none, none].join(' '),
      noNewPrivs: '1',
      seccomp: '2',
      pid: 1,
      hostname: 'pod-ask',
      root: 'EROFS',
      etc: 'EROFS',
      scratch: ['done', 'done', 'done', 'done'],
      sysctl: 'EROFS',
      masked: 0,
      ipv6: 0,
    })
  })

  it('may listen on every port, which is its own', async () => {
    await using scratch = await ScratchRuntime.open(containerd)
    const port = { name: 'web', protocol: 'http', containerPort: 80 }
    const source = `require('node:http').createServer((_, answer) => answer.end('hi')).listen(80, () => console.log('up'))`
    const pod = await scratch.create(orderOf('pod-web', source, { ports: [port] }))
    await scratch.hear(pod, 'up')
    const address = pod.probeAddress('web')
    expect(await (await fetch(`http://${address?.host}:80/`)).text()).toBe('hi')
  })

  it('runs what its image says, as the user whom it names, who may use the session socket', async () => {
    await using scratch = await ScratchRuntime.open(containerd)
    await using session = await sessionServer(scratch.folder)
    const order = orderOf('pod-player', '', { image: PLAYER_IMAGE.name, command: [], args: [] })
    const pod = await scratch.create({ ...order, sessionFolder: session.folder })
    expect(pod.owner).toEqual({ uid: 1_234, gid: 1_235 })
    expect(await session.heard).toBe('1234:1235 in /tmp\n')
    pod.stop(0)
    await pod.ended
    await scratch.restart()
    expect((await scratch.runtime.adoptPod(order, pod.handle, [])).kind).toBe('ended')
  })

  it('has written all of its log when it has ended, the last line too', async () => {
    await using scratch = await ScratchRuntime.open(containerd)
    const source = `for (let line = 0; line < 5_000; line += 1) console.log('line ' + line)`
    const pod = await scratch.create(orderOf('pod-log', source))
    await pod.ended
    expect(scratch.linesOf('pod-log').slice(-2)).toEqual(['line 4998', 'line 4999'])
    expect(scratch.linesOf('pod-log')).toHaveLength(1_000)
  })

  it('is heard within 100 ms of its end', async () => {
    await using scratch = await ScratchRuntime.open(containerd)
    const tookMs: number[] = []
    for (let round = 0; round < 5; round += 1) {
      const pod = await scratch.create(orderOf(`pod-end-${round}`, `console.log(Date.now())`))
      await pod.ended
      tookMs.push(Date.now() - Number(scratch.linesOf(pod.podId)[0]))
    }
    // Half of them: this machine does other work as well.
    expect(tookMs.toSorted((a, b) => a - b)[2]).toBeLessThan(100)
  })

  it('says why a command cannot be started, and leaves nothing', async () => {
    await using scratch = await ScratchRuntime.open(containerd)
    const version = { ...orderOf('pod-x', '').version, image: NODE_IMAGE.name, command: ['/no/such/command'], args: [] }
    const result = await scratch.runtime.createPod({ ...orderOf('pod-x', ''), version })
    expect(result).toMatchObject({ kind: 'failed', reason: expect.stringContaining('/no/such/command') })
    expect(await scratch.runtime.listPodIds()).toEqual([])
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(scratch.folder)
  })

  it('is refused twice under one name, and the first goes on', async () => {
    await using scratch = await ScratchRuntime.open(containerd)
    const order = orderOf('pod-a', `setInterval(() => {}, 1e6); console.log('up')`)
    const pod = await scratch.create(order)
    await scratch.hear(pod, 'up')
    await expect(scratch.create(order)).rejects.toThrow('there is a pod of this name')
    pod.stop(0)
    expect(await pod.ended).toEqual({ exitCode: 137, outOfMemory: false })
  })
})

const MEMORY_BOMB = `const all = []; for (;;) all.push(Buffer.alloc(1 << 20, 1))`

/** Runs a script of Node's in a pod of its own, and reads what it wrote as JSON. */
async function ask(
  scratch: ScratchRuntime,
  source: string,
  change: Partial<ApplicationVersion> = {},
): Promise<unknown> {
  const pod = await scratch.create(orderOf('pod-ask', source, change))
  const end = await pod.ended
  const complained = scratch.linesOf('pod-ask', 'stderr')
  expect({ ...end, complained }).toEqual({ exitCode: 0, outOfMemory: false, complained: [] })
  const told: unknown = JSON.parse(scratch.linesOf('pod-ask').join('\n'))
  await scratch.runtime.destroyPod('pod-ask')
  return told
}

/** What an agent does for a pod that uses the session service. */
async function sessionServer(scratchFolder: string) {
  const folder = join(scratchFolder, 'session')
  mkdirSync(folder, { mode: 0o700 })
  const { promise: heard, resolve } = Promise.withResolvers<string>()
  const server: Server = createServer((socket) => socket.once('data', (bytes) => resolve(String(bytes))))
  await new Promise<void>((listening) => server.listen(join(folder, SESSION_SOCKET), listening))
  return { folder, heard, [Symbol.asyncDispose]: () => new Promise<void>((closed) => server.close(() => closed())) }
}

/** How much of each tenth of a second its group may run, as the kernel has it; of both versions. */
function cpuQuotaOf(podId: string): string | undefined {
  const [file = ''] = globSync([
    `/sys/fs/cgroup/cpu*/fornax-*/${podId}/cpu.cfs_quota_us`,
    `/sys/fs/cgroup/fornax-*/${podId}/cpu.max`,
  ])
  return readFileSync(file, 'utf8').trim().split(' ')[0]
}
