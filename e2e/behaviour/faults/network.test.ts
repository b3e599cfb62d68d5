/** The tools that break things must break what they say, mend it again, and leave nothing behind. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as after } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { eventually } from '../eventually.ts'
import { createNamespaces, NAMESPACE_TOOLS, removeLeftNamespaces } from './namespaces.ts'
import { createFaultNetwork } from './network.ts'
import { canUse } from './owner.ts'
import { DISK_TOOLS, removeLeftDisks, ScratchDisk } from './scratch-disk.ts'

const mustAll = process.env['FORNAX_TEST_REQUIRE_ALL'] === '1'
const canNamespace = canUse(...NAMESPACE_TOOLS) || mustAll
const canMount = canUse(...DISK_TOOLS) || mustAll

/** Counts, a number in each line, twenty times a second. */
const COUNTER = `
  const [host, port] = process.argv[1].split(':')
  const socket = require('node:net').connect(Number(port), host)
  let count = 0
  setInterval(() => socket.write(count++ + '\\n'), 50)
`

describe.each([
  { kind: 'namespaces', isPossible: canNamespace },
  { kind: 'proxies', isPossible: true },
] as const)('a network of $kind', ({ kind, isPossible }) => {
  it.runIf(isPossible)('keeps what a node says from the core while it is cut, and delivers it afterwards', async () => {
    await using counter = await counterOn(kind)
    const { network, numbers } = counter
    await eventually(
      () => numbers.length,
      (count) => count > 2,
    )
    network.cut('node-a')
    await after(100) // What was on its way is there by now.
    const before = numbers.length
    await after(500)
    expect(numbers.length).toBe(before)
    network.heal('node-a')
    await eventually(
      () => numbers.length,
      (count) => count > before + 10,
    )
    expect(numbers).toEqual(numbers.map((_, index) => index))
  })

  it.runIf(isPossible)('delivers late, and in order, while packets get lost', async () => {
    await using counter = await counterOn(kind)
    const { network, numbers } = counter
    await eventually(
      () => numbers.length,
      (count) => count > 2,
    )
    network.drop('node-a', 30)
    await eventually(
      () => numbers.length,
      (count) => count > 20,
      60_000,
    )
    network.heal('node-a')
    expect(numbers).toEqual(numbers.map((_, index) => index))
  })

  it.runIf(isPossible)('does nothing to the other nodes', async () => {
    await using counter = await counterOn(kind)
    const { network, numbers } = counter
    network.cut('node-b')
    await eventually(
      () => numbers.length,
      (count) => count > 10,
    )
  })
})

it.runIf(canNamespace)('removes its namespaces with everything that runs in them', async () => {
  const before = namespaces()
  const network = await createNamespaces(['node-a'])
  const [program = '', ...args] = network.place('node-a').command(['sh', '-c', 'echo here; sleep 1000; echo there'])
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  expect(namespaces().length).toBe(before.length + 1)
  const ended = once(child, 'exit')
  await network[Symbol.asyncDispose]()
  expect(await ended).toEqual([null, 'SIGKILL'])
  expect(namespaces()).toEqual(before)
})

it.runIf(canNamespace && canMount)('removes what a killed run has left, and not what a running one has', async () => {
  await using mine = await createNamespaces(['node-a'])
  using disk = new ScratchDisk(1)
  const { namespace, path } = await leaveThings()
  expect(namespaces()).toContain(namespace)
  expect(existsSync(path)).toBe(true)
  await removeLeftNamespaces()
  removeLeftDisks()
  expect(namespaces()).not.toContain(namespace)
  expect(existsSync(path)).toBe(false)
  expect(existsSync(disk.path)).toBe(true)
  mine.cut('node-a') // It is still there.
})

it.runIf(canMount)('fills a disk to the last byte, and frees it', () => {
  using disk = new ScratchDisk(1)
  const write = (): void => writeFileSync(join(disk.path, 'file'), 'x')
  write()
  disk.fill()
  expect(() => writeFileSync(join(disk.path, 'other'), 'x'.repeat(8_192))).toThrow('ENOSPC')
  disk.free()
  write()
})

/** A process in the first of two nodes that sends numbers to a server where the core would be. */
async function counterOn(kind: 'namespaces' | 'proxies') {
  await using stack = new AsyncDisposableStack()
  const network = stack.use(await createFaultNetwork(['node-a', 'node-b'], kind))
  const numbers: number[] = []
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    createInterface({ input: socket }).on('line', (line) => numbers.push(Number(line)))
  }).listen(0, network.coreHost)
  await once(server, 'listening')
  stack.defer(() => void server.close())
  const address = network.place('node-a').coreAddress((server.address() as AddressInfo).port)
  const [program = '', ...args] = network.place('node-a').command([process.execPath, '-e', COUNTER, address])
  const child = spawn(program, args, { stdio: 'inherit' })
  stack.defer(async () => {
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  const owned = stack.move()
  return { network, numbers, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

/** What a run leaves that is killed in the middle. */
async function leaveThings(): Promise<{ readonly namespace: string; readonly path: string }> {
  const script = `
    const { createNamespaces } = await import(${JSON.stringify(join(import.meta.dirname, 'namespaces.ts'))})
    const { ScratchDisk } = await import(${JSON.stringify(join(import.meta.dirname, 'scratch-disk.ts'))})
    const network = await createNamespaces(['node-a'])
    const [, net] = network.place('node-a').command([])
    process.send({ namespace: net.split('/').at(-1), path: new ScratchDisk(1).path })
    setInterval(() => undefined, 1000)
  `
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const [left] = (await once(child, 'message')) as [{ namespace: string; path: string }]
  child.kill('SIGKILL')
  await once(child, 'exit')
  return left
}

function namespaces(): readonly string[] {
  const { stdout } = spawnSync('/usr/sbin/ip', ['netns', 'list'], { encoding: 'utf8' })
  return stdout
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '')
    .filter((name) => name.startsWith('fornax-fault-'))
}
