import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { lacks } from '../../../test/support/lacks.ts'
import { listenEverywhere, nodeAddresses, reachingSource } from '../../../test/support/reached-from-inside.ts'
import { OPEN_FILES_MAX } from './process-bounds.ts'
import { SYSTEM_CALLS } from './seccomp-filter.ts'
import { greeter, orderOf } from './test/scratch-orders.ts'
import { ScratchRuntime } from './test/scratch-runtime.ts'
import { canLimit, canOwnNetworks, canSandbox } from './test/this-machine.ts'

const run = promisify(execFile)
const isRoot = process.geteuid?.() === 0
const LACKS_ROOT = lacks(isRoot, 'root')
const LACKS_BUBBLEWRAP = lacks(canSandbox, 'bubblewrap')
const LACKS_FILTER = lacks(SYSTEM_CALLS !== null, `a filter of system calls for ${process.arch}`)

/** A checkout in `/tmp` stays visible there, and nothing else does. */
const WAY_TO_CHECKOUT = import.meta.dirname.startsWith('/tmp/') ? import.meta.dirname.split('/').slice(2, 3) : []

describe.skipIf(LACKS_BUBBLEWRAP)('what a pod sees of its node', () => {
  it.skipIf(LACKS_ROOT)('is nobody, with no capability and no way to get one', async () => {
    await using scratch = await ScratchRuntime.open()
    const status = await scratch.ask(`
      const status = require('node:fs').readFileSync('/proc/self/status', 'utf8')
      const of = (name) => status.match(new RegExp(name + ':[ \\\\t]*(.*)'))[1]
      const caps = ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'].map(of).map((set) => BigInt('0x' + set) === 0n)
      console.log(JSON.stringify({ caps, uid: of('Uid'), groups: of('Groups'), noNewPrivileges: of('NoNewPrivs') }))`)
    expect(status).toEqual({
      caps: [true, true, true, true, true],
      uid: '65534\t65534\t65534\t65534',
      groups: '',
      noNewPrivileges: '1',
    })
  })

  it('sees no process but its own, and has a name of its own', async () => {
    await using scratch = await ScratchRuntime.open()
    const seen = await scratch.ask(`
      const pids = require('node:fs').readdirSync('/proc').filter((name) => /^\\d+$/.test(name))
      console.log(JSON.stringify({ pids, host: require('node:os').hostname().slice(0, 7) }))`)
    expect(seen).toEqual({ pids: ['1', '2'], host: 'pod-ask' })
  })

  it.skipIf(LACKS_FILTER)('cannot ask the kernel for namespaces, mounts or io_uring', async () => {
    await using scratch = await ScratchRuntime.open()
    const seen = await scratch.ask(`
      const status = require('node:fs').readFileSync('/proc/self/status', 'utf8')
      const run = (...args) => require('node:child_process').spawnSync(args[0], args.slice(1), { encoding: 'utf8' })
      const unshared = run('/usr/bin/unshare', '--user', '/bin/true')
      const mounted = run('/bin/mount', '-t', 'tmpfs', 'none', '/tmp')
      const seccomp = status.match(/Seccomp:[ \\t]*(.*)/)[1]
      const said = { seccomp, refused: unshared.stderr, unshared: unshared.status, mounted: mounted.status === 0 }
      const { Worker } = require('node:worker_threads')
      new Worker('require("node:worker_threads").parentPort.postMessage(1)', { eval: true })
        .once('message', (threads) => console.log(JSON.stringify({ ...said, threads })))`)
    expect(seen).toMatchObject({ seccomp: '2', unshared: 1, mounted: false, threads: 1 })
    expect(seen).toHaveProperty('refused', expect.stringContaining('Operation not permitted'))
  })

  it.each(['made for it', 'there before it'])(
    'leaves no core dump and has bounds, in a sandbox that was %s',
    async (which) => {
      const stock = which === 'made for it' ? {} : { stock: { least: 1, most: 1 } }
      await using scratch = await ScratchRuntime.open(stock)
      await expect
        .poll(() => scratch.runtime.stockSize, { timeout: 10_000, interval: 10 })
        .toBe(stock.stock?.least ?? 0)
      const limits = await scratch.ask(
        `const limits = require('node:fs').readFileSync('/proc/self/limits', 'utf8')
      const of = (name) => new RegExp('^' + name + ' +(\\\\S+) +(\\\\S+)', 'm').exec(limits).slice(1).map(Number)
      console.log(JSON.stringify([of('Max core file size'), of('Max open files'), of('Max file size')]))`,
        { memoryBytes: 64 * 1024 * 1024 },
      )
      const files = expect.toSatisfy((count: number) => count <= OPEN_FILES_MAX)
      expect(limits).toEqual([
        [0, 0],
        [files, files],
        [1024 ** 3, 1024 ** 3],
      ])
    },
  )

  it('starts even when its own PATH leads nowhere', async () => {
    await using scratch = await ScratchRuntime.open()
    expect(await scratch.ask(`console.log('1')`, { env: { PATH: '/nowhere' } })).toBe(1)
  })

  it('can write to nothing but its own memory', async () => {
    await using scratch = await ScratchRuntime.open()
    const wrote = await scratch.ask(`
      const { writeFileSync } = require('node:fs')
      const wrote = ['/', '/etc', '/usr', '/var', '/home', '/sys', '/proc', '/run', '/tmp', '/var/tmp', '/dev/shm']
        .filter((folder) => { try { writeFileSync(folder + '/fornax-try', 'x'); return true } catch { return false } })
      console.log(JSON.stringify(wrote))`)
    expect(wrote).toEqual(isRoot ? ['/tmp', '/var/tmp', '/dev/shm'] : expect.arrayContaining(['/tmp', '/var/tmp']))
  })

  it.skipIf(LACKS_ROOT)(
    'cannot see what another pod wrote, nor the folders of the agent and the sockets of the node',
    async () => {
      using hidden = scratchFolder()
      writeFileSync(join(hidden.path, 'token'), 'secret', { mode: 0o644 })
      await using scratch = await ScratchRuntime.open({ hiddenFolders: [hidden.path] })
      const { podsFolder } = scratch.options
      await scratch.ask(`require('node:fs').writeFileSync('/tmp/mine', 'x'); console.log('1')`)
      const seen = await scratch.ask(`
      const { readdirSync } = require('node:fs')
      const list = (folder) => { try { return readdirSync(folder) } catch (error) { return error.code } }
      console.log(JSON.stringify({
        tmp: list('/tmp'), run: list('/run'), hidden: list(${JSON.stringify(hidden.path)}), pods: list(${JSON.stringify(podsFolder)}),
      }))`)
      expect(seen).toEqual({ tmp: WAY_TO_CHECKOUT, run: [], hidden: [], pods: 'ENOENT' })
    },
  )
})

describe.skipIf(lacks(canOwnNetworks, 'networks for pods'))('whom a pod reaches', () => {
  it('reaches no service of its node, by none of its addresses', async () => {
    await using scratch = await ScratchRuntime.open()
    await using server = await listenEverywhere()
    const hosts = [...nodeAddresses('IPv4'), ...nodeAddresses('IPv6')]
    const onNode = await run(process.execPath, ['-e', reachingSource(['127.0.0.1'], server.port)])
    expect(onNode.stdout).toBe('["127.0.0.1"]\n') // So it would be seen.
    expect(await tryFromInside(scratch, hosts, server.port)).toEqual([])
  })

  it('reaches no other pod, neither at its address nor by the endpoint of its session', async () => {
    await using scratch = await ScratchRuntime.open()
    const other = await scratch.create(greeter('pod-other'))
    await scratch.hear(other, 'listening')
    const probe = other.probeAddress('game')
    await other.openEndpoints({ sessionId: 'ses-other', hostPorts: [19_999] })
    expect(await tryFromInside(scratch, [probe?.host ?? ''], 7_000)).toEqual([])
    expect(await tryFromInside(scratch, nodeAddresses(), 19_999)).toEqual([])
  })

  it('reaches no metadata service', async () => {
    await using scratch = await ScratchRuntime.open()
    expect(await tryFromInside(scratch, ['169.254.169.254'], 80)).toEqual([])
  })

  it('sees the node only by its own cable, whose end does not answer', async () => {
    await using scratch = await ScratchRuntime.open()
    await using server = await listenEverywhere()
    const pod = await scratch.create(
      orderOf('pod-a', `setInterval(() => {}, 1e6); console.log('up')`, {
        ports: [{ name: 'web', protocol: 'http', containerPort: 80 }],
      }),
    )
    const inside = pod.probeAddress('web')?.host ?? ''
    const nodeEnd = inside.replace(/\d+$/, (last) => String(Number(last) + 1)) // The next pod's cable begins there.
    expect(await tryFromInside(scratch, [nodeEnd], server.port)).toEqual([])
  })
})

describe.skipIf(lacks(canLimit, 'control groups'))('what a pod may use', () => {
  it('dies alone of using too much memory, and says so', async () => {
    await using scratch = await ScratchRuntime.open()
    const neighbour = await scratch.create(greeter('pod-neighbour'))
    const bomb = await scratch.create(
      orderOf('pod-bomb', `const all = []; for (;;) all.push(Buffer.alloc(1 << 20, 1))`, {
        memoryBytes: 128 * 1024 * 1024,
      }),
    )
    expect(await bomb.ended).toEqual({ exitCode: 137, outOfMemory: true })
    await scratch.hear(neighbour, 'listening')
    neighbour.stop(0)
    expect(await neighbour.ended).toEqual({ exitCode: 137, outOfMemory: false })
  })

  it('cannot fill the node with processes', async () => {
    await using scratch = await ScratchRuntime.open({ pidsPerPod: 40 })
    const source = `
      const { spawn } = require('node:child_process')
      let started = 0, refused = 0
      const all = Array.from({ length: 60 }, () => new Promise((resolve) => {
        const child = spawn('sleep', ['100'])
        child.once('spawn', () => { started += 1; resolve() }).once('error', () => { refused += 1; resolve() })
      }))
      Promise.all(all).then(() => { console.log(JSON.stringify({ some: started > 5, refused: refused > 20 })); process.exit(0) })`
    expect(await scratch.ask(source)).toEqual({ some: true, refused: true })
  })
})

/** Which of these addresses answer a pod of its own. */
function tryFromInside(scratch: ScratchRuntime, hosts: readonly string[], port: number): Promise<unknown> {
  return scratch.ask(reachingSource(hosts, port))
}

/** Not in a temporary folder, of which pods have their own anyway. */
function scratchFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync('/var/lib/fornax-hidden-')
  chmodSync(path, 0o755)
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) }
}
