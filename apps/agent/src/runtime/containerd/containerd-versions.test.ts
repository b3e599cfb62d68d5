import type { ApplicationVersion } from '@fornax/node-model/application-version'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { orderOf } from '../bubblewrap/test/scratch-orders.ts'
import { NODE_IMAGE, NODE_IN_IMAGE, ScratchContainerd } from './test/scratch-containerd.ts'
import { ScratchRuntime } from './test/scratch-runtime.ts'
import { canRunContainers } from './test/this-machine.ts'

describe.skipIf(!canRunContainers)('what a version says of its container', () => {
  let containerd: ScratchContainerd
  beforeAll(async () => void (containerd = await ScratchContainerd.start({ images: [NODE_IMAGE] })))
  afterAll(() => containerd[Symbol.asyncDispose]())

  it.each([
    ['player', '1234:1235'],
    ['4321', '4321:0'],
    ['player:0', '1234:0'],
    ['7:8', '7:8'],
  ])('runs its command as %s', async (user, expected) => {
    expect(await ask(`process.getuid() + ':' + process.getgid()`, { user })).toBe(expected)
  })

  it('runs its command in the folder that it names', async () => {
    expect(await ask('process.cwd()', { workingDirectory: '/usr/local' })).toBe('/usr/local')
  })

  it('lets its pods write to their roots, each to its own, only when it says so', async () => {
    const source = `(() => { const fs = require('node:fs'); const was = fs.existsSync('/mark')
      fs.writeFileSync('/mark', 'x'); return was + ' ' + fs.readFileSync('/mark', 'utf8') })()`
    expect(await ask(source, { hasWritableRoot: true })).toBe('false x')
    expect(await ask(source, { hasWritableRoot: true })).toBe('false x')
    const refused = `(() => { try { require('node:fs').writeFileSync('/mark', 'x') } catch (error) { return error.code } })()`
    expect(await ask(refused)).toBe('EROFS')
  })

  it('keeps the capabilities that it names and no others', async () => {
    const source = `/CapEff:\\s+(\\S+)/.exec(require('node:fs').readFileSync('/proc/self/status', 'utf8'))[1]`
    expect(await ask(source, { capabilities: ['CHOWN', 'NET_BIND_SERVICE'] })).toBe('0000000000000401')
    expect(await ask(source)).toBe('0000000000000000')
  })

  it('gives its folders as much room as it says', async () => {
    const source = `(() => { const { bsize, blocks } = require('node:fs').statfsSync('/tmp'); return bsize * blocks })()`
    const memoryBytes = 128 * MIB
    expect(await ask(source, { memoryBytes, ephemeralBytes: 8 * MIB })).toBe(8 * MIB)
    expect(await ask(source, { memoryBytes })).toBe(memoryBytes)
  })

  it('runs commands in its pods, and tells whether they went well and in time', async () => {
    await using scratch = await ScratchRuntime.open(containerd)
    const pod = await scratch.create(orderOf('pod-probed', `setInterval(() => {}, 1e6)`))
    const run = (source: string, timeoutMs = 10_000) => pod.execute([NODE_IN_IMAGE, '-e', source], timeoutMs)
    expect(await run('process.exit(0)')).toBe(true)
    expect(await run('process.exit(1)')).toBe(false)
    expect(await run('process.exit(process.env.FORNAX_POD_ID === "pod-probed" ? 0 : 1)')).toBe(true)
    expect(await run('setInterval(() => {}, 1e6)', 300)).toBe(false)
    expect(await pod.execute(['/no/such/command'], 10_000)).toBe(false)
    pod.stop(0)
    await pod.ended
    expect(await run('process.exit(0)')).toBe(false)
  })

  it('is told to listen on every address, because its network is its own', async () => {
    const ports = [{ name: 'web', protocol: 'http', containerPort: 8_080 }]
    expect(await ask(`process.env.HOST + ':' + process.env.PORT`, { ports })).toBe('0.0.0.0:8080')
  })

  it('counts what goes over the network of a pod', async () => {
    await using scratch = await ScratchRuntime.open(containerd)
    const source = `require('node:http').createServer((_, answer) => answer.end('x'.repeat(1e6))).listen(80, () => console.log('up'))`
    const ports = [{ name: 'web', protocol: 'http', containerPort: 80 }]
    const pod = await scratch.create(orderOf('pod-net', source, { ports }))
    await scratch.hear(pod, 'up')
    const before = (await scratch.runtime.readUsage()).get('pod-net')
    const address = pod.probeAddress('web')
    expect(await (await fetch(`http://${address?.host}:80/`)).text()).toHaveLength(1e6)
    const after = (await scratch.runtime.readUsage()).get('pod-net')
    expect((after?.sentBytes ?? 0) - (before?.sentBytes ?? 0)).toBeGreaterThan(1e6)
    expect((after?.receivedBytes ?? 0) - (before?.receivedBytes ?? 0)).toBeGreaterThan(100)
    expect(after?.swappedBytes).toBeDefined()
  })

  /** What an expression is in a pod of such a version. */
  async function ask(expression: string, change: Partial<ApplicationVersion> = {}): Promise<unknown> {
    await using scratch = await ScratchRuntime.open(containerd)
    const pod = await scratch.create(orderOf('pod-ask', `console.log(JSON.stringify(${expression}))`, change))
    await pod.ended
    expect(scratch.linesOf('pod-ask', 'stderr')).toEqual([])
    return JSON.parse(scratch.linesOf('pod-ask').join('\n'))
  }
})

const MIB = 1024 * 1024
