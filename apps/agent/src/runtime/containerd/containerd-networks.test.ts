import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { listenEverywhere, nodeAddresses, reachingSource } from '../../../test/support/reached-from-inside.ts'
import { greeter, orderOf } from '../bubblewrap/test/scratch-orders.ts'
import { anyPort, endOfSocket, nextBytes } from '../bubblewrap/test/scratch-runtime.ts'
import { tableName, tagOf } from '../network/agent-tag.ts'
import { ScratchContainerd } from './test/scratch-containerd.ts'
import { ScratchRuntime } from './test/scratch-runtime.ts'
import { canRunContainers } from './test/this-machine.ts'

describe.skipIf(!canRunContainers).each(['bridge', 'ptp'] as const)('pods on a network of kind %s', (plugin) => {
  let containerd: ScratchContainerd
  beforeAll(async () => void (containerd = await ScratchContainerd.start({ plugin })))
  afterAll(() => containerd[Symbol.asyncDispose]())

  it('reach no service of their node, by none of its addresses', async () => {
    await using scratch = await ScratchRuntime.open(containerd)
    await using server = await listenEverywhere()
    await scratch.create(greeter('pod-a')) // So that the network is there, with an address of the node.
    expect(await tryFromInside(scratch, nodeAddresses(), server.port)).toEqual([])
  })

  it('reach no other pod, of their agent or another, neither at its address nor by the endpoint of its session', async () => {
    await using scratch = await ScratchRuntime.open(containerd)
    await using other = await ScratchRuntime.open(containerd)
    const ports: number[] = []
    const addresses: string[] = []
    for (const [index, owner] of [scratch, other].entries()) {
      const pod = await owner.create(greeter(`pod-${index}`))
      await owner.hear(pod, 'listening')
      const port = anyPort()
      await pod.openEndpoints({ sessionId: 'ses-1', hostPorts: [port] })
      expect(await nextBytes(await owner.dial(port))).toBe(pod.podId)
      ports.push(port)
      addresses.push(pod.probeAddress('game')?.host ?? '')
    }
    expect(new Set(addresses).size).toBe(2)
    expect(await tryFromInside(scratch, addresses, 7_000)).toEqual([])
    for (const port of ports) expect(await tryFromInside(scratch, nodeAddresses(), port)).toEqual([])
  })

  it('are reached directly by nobody on the node but the agent', async () => {
    await using scratch = await ScratchRuntime.open(containerd)
    const pod = await scratch.create(greeter('pod-a'))
    await scratch.hear(pod, 'listening')
    const host = pod.probeAddress('game')?.host ?? ''
    expect(await nextBytes(await scratch.dial(7_000, host))).toBe('pod-a')
    const source = `require('node:net').connect(7000, '${host}').on('connect', () => console.log('in')).on('error', (e) => console.log(e.code))`
    const output = execFileSync(process.execPath, ['-e', source], { uid: 65_534, gid: 65_534, encoding: 'utf8' })
    expect(output.trim()).toBe('ECONNREFUSED')
  })

  it('lose the connections of a closed session at once, idle ones too, and keep those of another', async () => {
    await using scratch = await ScratchRuntime.open(containerd)
    const pod = await scratch.create(greeter('pod-a'))
    await scratch.hear(pod, 'listening')
    const [first, second] = [anyPort(), anyPort()]
    await pod.openEndpoints({ sessionId: 'ses-1', hostPorts: [first] })
    const idle = await scratch.dial(first)
    await nextBytes(idle)
    const cut = endOfSocket(idle)
    await pod.closeEndpoints('ses-1')
    await cut
    await scratch.hear(pod, 'a client left')
    await pod.openEndpoints({ sessionId: 'ses-2', hostPorts: [second] })
    const staying = await scratch.dial(second)
    await nextBytes(staying)
    await expect(scratch.dial(first)).rejects.toThrow('ECONNREFUSED')
    staying.write('hello')
    expect(await nextBytes(staying)).toBe('hello')
  })

  it('are strangers to the rules again when they have ended', async () => {
    await using scratch = await ScratchRuntime.open(containerd)
    const pod = await scratch.create(greeter('pod-a'))
    const address = pod.probeAddress('game')?.host ?? ''
    expect(podSets(scratch.folder)).toEqual([[address], [address]])
    await scratch.restart()
    expect(podSets(scratch.folder)).toEqual([[address], [address]])
    await scratch.runtime.destroyPod('pod-a')
    expect(podSets(scratch.folder)).toEqual([[], []])
  })
})

describe.skipIf(!canRunContainers)('a node of containers with an address for other machines', () => {
  it('leads them into a pod, knows them by their address, and cuts them off at the end of the session', async () => {
    await using machines = await twoMachines()
    await using agent = await machines.agent()
    using far = machines.far(`
      const socket = require('node:net').connect({ host: '${NODE}', port: 21_000, timeout: 5_000 })
      socket.on('data', (bytes) => console.log(String(bytes))).once('data', () => socket.write('who'))
      socket.on('error', () => {}).on('timeout', () => {})
      socket.on('close', () => { console.log('cut'); process.exit(0) })`)
    expect([await far.line(), await far.line()]).toEqual(['pod-a', FAR])
    expect(await agent.say('close the session')).toBe('closed, because asked to close the session')
    expect(await far.line()).toBe('cut')
    using late = machines.far(dialing(NODE, 21_000))
    expect(await late.line()).toBe('ECONNREFUSED')
  })

  it('lets a pod out to other machines, but not to the node or to metadata', async () => {
    await using machines = await twoMachines()
    await using agent = await machines.agent()
    execFileSync('ip', ['-n', machines.farName, 'route', 'add', `${agent.podAddress}/32`, 'via', NODE])
    using server = machines.far(
      `require('node:net').createServer((socket) => socket.end()).listen(21_001, '${FAR}', () => console.log('up'))`,
    )
    expect(await server.line()).toBe('up')
    using onNode = machines.onNode(
      `require('node:net').createServer((socket) => socket.end()).listen(21_002, '0.0.0.0', () => console.log('up'))`,
    )
    expect(await onNode.line()).toBe('up')
    expect(await machines.dialFromPod(FAR, 21_001)).toBe('connected')
    expect(await machines.dialFromPod(NODE, 21_002)).toBe('ECONNREFUSED')
    expect(await machines.dialFromPod(NODE, 21_000)).toBe('ECONNREFUSED') // Its own endpoint is for clients.
    expect(await machines.dialFromPod('169.254.169.254', 80)).toBe('ECONNREFUSED')
    expect(await machines.dialFromPod('100.127.255.1', 7_000)).toBe('ECONNREFUSED')
  })

  it('keeps pods on one bridge apart, also where bridged packets meet no other rules', async () => {
    await using machines = await twoMachines()
    const setting = '/proc/sys/net/bridge/bridge-nf-call-iptables'
    const write = `require('node:fs').existsSync('${setting}') && require('node:fs').writeFileSync('${setting}', '0')`
    await machines.onNode(write).end()
    await using one = await machines.agent()
    await using other = await machines.agent('other', 21_001)
    expect(one.podAddress).not.toBe(other.podAddress)
    expect(await machines.dialFromPod(other.podAddress, 7_000)).toBe('silence')
  })

  it('is not fooled by a machine that routes to the pods directly', async () => {
    await using machines = await twoMachines()
    await using agent = await machines.agent()
    execFileSync('ip', ['-n', machines.farName, 'route', 'add', `${agent.podAddress}/32`, 'via', NODE])
    using far = machines.far(dialing(agent.podAddress, 7_000))
    expect(await far.line()).toBe('ECONNREFUSED')
  })
})

const NODE = '198.51.100.1'
const FAR = '198.51.100.2'

function dialing(host: string, port: number): string {
  return `const socket = require('node:net').connect({ host: '${host}', port: ${port}, timeout: 2_000 })
    socket.on('connect', () => console.log('connected')).on('error', (error) => console.log(error.code))
    socket.on('timeout', () => socket.destroy(new Error('silence')))`
}

/** Two machines on one wire, acted by two network namespaces; containerd is on the first. */
async function twoMachines() {
  const name = `machine${process.pid}${Math.random().toString(36).slice(2, 6)}`
  const [nodeName, farName] = [`${name}n`, `${name}f`]
  const ip = (network: string, lines: readonly string[]): unknown =>
    execFileSync('ip', [...(network === '' ? [] : ['-n', network]), '-batch', '-'], { input: `${lines.join('\n')}\n` })
  ip('', [`netns add ${nodeName}`, `netns add ${farName}`])
  ip('', [`link add wire0 netns ${nodeName} type veth peer name eth0 netns ${farName}`])
  ip(nodeName, ['link set lo up', 'link set wire0 up', `addr add ${NODE}/24 dev wire0`])
  ip(nodeName, [`route add default via ${FAR}`])
  ip(farName, ['link set lo up', 'link set eth0 up', `addr add ${FAR}/24 dev eth0`])
  const containerd = await ScratchContainerd.start({ network: nodeName })
  return {
    farName,
    far: (source: string) => program(farName, ['-e', source]),
    onNode: (source: string) => program(nodeName, ['-e', source]),
    /** What the pod behind port 21000 says of its attempt. */
    dialFromPod: async (host: string, port: number): Promise<string> => {
      using asking = program(nodeName, [
        '-e',
        `const socket = require('node:net').connect(21_000, '127.0.0.1')
        socket.once('data', () => {
          socket.write('dial ${host} ${port}')
          socket.once('data', (bytes) => { console.log(String(bytes)); process.exit(0) })
        })`,
      ])
      return await asking.line()
    },
    agent: async (agentName = 'agent', port = 21_000) => {
      const folder = containerd.agentFolder(agentName)
      const file = join(import.meta.dirname, 'test', 'scratch-agent.ts')
      const child = program(nodeName, [file, containerd.socketPath, folder, String(port), NODE])
      const { address } = z.object({ address: z.string() }).parse(JSON.parse(await child.line()))
      const log = join(folder, 'pods', 'pod-a', 'container.log')
      await expect.poll(() => readFileSync(log, 'utf8'), { timeout: 10_000, interval: 10 }).toContain('listening')
      return { ...child, podAddress: address, [Symbol.asyncDispose]: () => child.end() }
    },
    [Symbol.asyncDispose]: async () => {
      await containerd[Symbol.asyncDispose]()
      ip('', [`netns del ${nodeName}`, `netns del ${farName}`])
    },
  }
}

/** A program on one of the machines. */
function program(network: string, args: readonly string[]) {
  const child = spawn('nsenter', [`--net=/run/netns/${network}`, process.execPath, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const iterator = createInterface(child.stdout)[Symbol.asyncIterator]()
  const line = async (): Promise<string> => String((await iterator.next()).value)
  return {
    line,
    say: (words: string) => {
      child.stdin.write(`${words}\n`)
      return line()
    },
    end: async () => {
      child.stdin.end()
      await exited
    },
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  }
}

/** Which of these addresses answer a pod of its own. */
async function tryFromInside(scratch: ScratchRuntime, hosts: readonly string[], port: number): Promise<unknown> {
  const pod = await scratch.create(orderOf('pod-trying', reachingSource(hosts, port)))
  expect((await pod.ended).exitCode).toBe(0)
  const told: unknown = JSON.parse(scratch.linesOf('pod-trying').join('\n'))
  await scratch.runtime.destroyPod('pod-trying')
  return told
}

/** The addresses that the rules of an agent are about. */
function podSets(folder: string): readonly unknown[] {
  const set = z.object({
    nftables: z.array(z.object({ set: z.object({ elem: z.array(z.string()).default([]) }).optional() })),
  })
  return ['inet', 'bridge'].map((family) => {
    const told = execFileSync('nft', ['-j', 'list', 'set', family, tableName(tagOf(folder)), 'pods'], {
      encoding: 'utf8',
    })
    return set.parse(JSON.parse(told)).nftables.flatMap((each) => each.set?.elem ?? [])
  })
}
