import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { describe, expect, it } from 'vitest'
import { canOwnNetworks } from './test/this-machine.ts'

describe.skipIf(!canOwnNetworks)('a node with an address for other machines', () => {
  it('leads them into a pod, knows them by their address, and cuts them off at the end of the session', async () => {
    await using world = await twoMachines()
    using far = world.client(`
      const socket = require('node:net').connect({ host: '${NODE}', port: 21_000, timeout: 5_000 })
      socket.on('data', (bytes) => console.log(String(bytes))).once('data', () => socket.write('who'))
      socket.on('error', () => {}).on('timeout', () => {})
      socket.on('close', () => { console.log('cut'); process.exit(0) })`)
    expect([await far.line(), await far.line()]).toEqual(['pod-a', FAR])
    expect(await world.agent.say('close the session')).toBe('closed, because asked to close the session')
    expect(await far.line()).toBe('cut')
    using late = world.client(`
      const socket = require('node:net').connect({ host: '${NODE}', port: 21_000, timeout: 2_000 })
      socket.on('connect', () => console.log('connected')).on('error', (error) => console.log(error.code))`)
    expect(await late.line()).toBe('ECONNREFUSED')
  })

  it('lets a pod out to other machines, but not to the node, its metadata or another pod', async () => {
    await using world = await twoMachines()
    using server = world.client(`
      require('node:net').createServer((socket) => socket.end()).listen(21_001, '${FAR}', () => console.log('up'))`)
    expect(await server.line()).toBe('up')
    using onNode = world.onNode(`
      require('node:net').createServer((socket) => socket.end()).listen(21_002, '0.0.0.0', () => console.log('up'))`)
    expect(await onNode.line()).toBe('up')
    expect(await world.dialFromPod(FAR, 21_001)).toBe('connected')
    expect(await world.dialFromPod(NODE, 21_002)).toBe('ECONNREFUSED')
    expect(await world.dialFromPod(NODE, 21_000)).toBe('ECONNREFUSED') // Its own endpoint is for clients.
    expect(await world.dialFromPod('169.254.169.254', 80)).toBe('ECONNREFUSED')
    expect(await world.dialFromPod('100.127.255.1', 7_000)).toBe('ECONNREFUSED')
  })

  it('is not fooled by a machine that routes to the pods directly', async () => {
    await using world = await twoMachines()
    const podAddress = world.podAddress()
    execFileSync('ip', ['-n', world.farName, 'route', 'add', '100.64.0.0/10', 'via', NODE])
    using far = world.client(`
      const socket = require('node:net').connect({ host: '${podAddress}', port: 7_000, timeout: 2_000 })
      socket.on('connect', () => console.log('connected')).on('error', (error) => console.log(error.code))`)
    expect(await far.line()).toBe('ECONNREFUSED')
  })
})

const NODE = '198.51.100.1'
const FAR = '198.51.100.2'

type Program = Disposable & { line(): Promise<string>; say(words: string): Promise<string> }

type TwoMachines = AsyncDisposable & {
  readonly farName: string
  readonly agent: Program
  client(source: string): Program
  onNode(source: string): Program
  dialFromPod(host: string, port: number): Promise<string>
  podAddress(): string
}

/** Two machines on one wire, acted by two network namespaces. An agent with a pod and a session runs on the first. */
async function twoMachines(): Promise<TwoMachines> {
  const name = `machine${process.pid}${Math.random().toString(36).slice(2, 6)}`
  const [nodeName, farName] = [`${name}n`, `${name}f`]
  const folder = mkdtempSync(join(tmpdir(), 'fornax-outside-'))
  execFileSync('ip', ['-batch', '-'], {
    input: `
      netns add ${nodeName}
      netns add ${farName}
      link add wire0 netns ${nodeName} type veth peer name eth0 netns ${farName}
    `.replaceAll(/\n +/g, '\n'),
  })
  configure(nodeName, 'wire0', NODE)
  configure(farName, 'eth0', FAR)
  execFileSync('ip', ['-n', nodeName, 'route', 'add', 'default', 'via', FAR])
  const agentProgram = join(import.meta.dirname, 'test', 'scratch-agent.ts')
  const agent = program(nodeName, [agentProgram, folder, '21000', NODE])
  const told: unknown = JSON.parse(await agent.line())
  expect(told).toMatchObject({ portsBelongTo: 'session', opened: { endpoints: [{ host: NODE, port: 21_000 }] } })
  const log = join(folder, 'pod-a', 'stdout.log')
  await expect.poll(() => readFileSync(log, 'utf8'), { timeout: 10_000, interval: 10 }).toContain('listening')
  const run = (where: string, source: string): Program => program(where, ['-e', source])
  return {
    farName,
    agent,
    client: (source) => run(farName, source),
    onNode: (source) => run(nodeName, source),
    podAddress: () => /addr add ([\d.]+)/.exec(readFileSync(join(folder, 'pod-a', 'network.batch'), 'utf8'))?.[1] ?? '',
    dialFromPod: async (host, port) => {
      using client = run(
        nodeName,
        `const socket = require('node:net').connect(21_000, '127.0.0.1')
        socket.once('data', () => {
          socket.write('dial ${host} ${port}')
          socket.once('data', (bytes) => { console.log(String(bytes)); process.exit(0) })
        })`,
      )
      return await client.line()
    },
    [Symbol.asyncDispose]: async () => {
      agent[Symbol.dispose]()
      await agent.exited
      execFileSync('ip', ['-batch', '-'], { input: `netns del ${nodeName}\nnetns del ${farName}\n` })
      await rm(folder, { recursive: true })
    },
  }
}

function configure(network: string, device: string, address: string): void {
  const lines = ['link set lo up', `link set ${device} up`, `addr add ${address}/24 dev ${device}`]
  execFileSync('ip', ['-n', network, '-batch', '-'], { input: `${lines.join('\n')}\n` })
}

/** A program on one of the machines. What was not asked to leave in its own way is killed. */
function program(network: string, args: readonly string[]): Program & { readonly exited: Promise<unknown> } {
  const nodeArgs = [`--net=/run/netns/${network}`, process.execPath, ...args]
  const child: ChildProcess = spawn('nsenter', nodeArgs, { stdio: ['pipe', 'pipe', 'inherit'] })
  if (child.stdout === null) throw new Error('the program has no output')
  const exited = once(child, 'exit')
  const lines: Interface = createInterface(child.stdout)
  const iterator = lines[Symbol.asyncIterator]()
  const line = async (): Promise<string> => String((await iterator.next()).value)
  const isAgent = args.length > 2
  return {
    line,
    exited,
    say: (words) => {
      child.stdin?.write(`${words}\n`)
      return line()
    },
    [Symbol.dispose]: () => {
      if (isAgent) child.stdin?.end()
      else child.kill('SIGKILL')
    },
  }
}
