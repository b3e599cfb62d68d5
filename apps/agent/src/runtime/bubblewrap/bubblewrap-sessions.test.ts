import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { tableName, tagOf } from '../network/agent-tag.ts'
import { runTool } from '../network/run-tool.ts'
import { parseHandle } from './pod-notes.ts'
import { greeter, orderOf } from './test/scratch-orders.ts'
import { anyPort, endOfSocket, expectOpened, nextBytes, ScratchRuntime } from './test/scratch-runtime.ts'
import { canOwnNetworks } from './test/this-machine.ts'

describe.skipIf(!canOwnNetworks)('a session and its endpoint', () => {
  it('keeps a client of a closed session out of the next session of the same pod', async () => {
    await using scratch = await ScratchRuntime.open()
    const pod = await scratch.create(greeter('pod-a'))
    await scratch.hear(pod, 'listening')
    const [first, second] = [anyPort(), anyPort()]
    expectOpened(await pod.openEndpoints({ sessionId: 'ses-1', hostPorts: [first] }))
    const client = await scratch.dial(first)
    expect(await nextBytes(client)).toBe('pod-a')
    const cut = endOfSocket(client)

    await pod.closeEndpoints('ses-1')
    expectOpened(await pod.openEndpoints({ sessionId: 'ses-2', hostPorts: [second] }))
    client.write('am I still in?') // To a connection that is cut; if it were not, the pod would answer.
    await cut
    await expect(scratch.dial(first)).rejects.toThrow('ECONNREFUSED')
    expect(await nextBytes(await scratch.dial(second))).toBe('pod-a')
  })

  it('cuts a connection at once in which nobody speaks, for the pod too', async () => {
    await using scratch = await ScratchRuntime.open()
    const pod = await scratch.create(greeter('pod-a'))
    await scratch.hear(pod, 'listening')
    const port = anyPort()
    await pod.openEndpoints({ sessionId: 'ses-1', hostPorts: [port] })
    const client = await scratch.dial(port)
    await nextBytes(client)
    const cut = endOfSocket(client)
    await pod.closeEndpoints('ses-1')
    await cut
    await scratch.hear(pod, 'a client left')
  })

  it('cuts, in each session of a pod, a connection on which the pod has said that it is done', async () => {
    await using scratch = await ScratchRuntime.open()
    const ports = [{ name: 'web', protocol: 'tcp', containerPort: 7_001 }] as const
    const pod = await scratch.create(orderOf('pod-half', HALF_CLOSER, { ports }))
    await scratch.hear(pod, 'listening')
    for (const round of [1, 2]) {
      const port = anyPort()
      expectOpened(await pod.openEndpoints({ sessionId: `ses-${round}`, hostPorts: [port] }))
      const client = await scratch.dial(port, '127.0.0.1', true)
      await nextBytes(client)
      await scratch.hear(pod, `done with ${round}`)
      // Whatever is still to be said about that would be cut by the rules.
      await expect.poll(() => hasHalfClosed(pod.handle)).toBe(true)
      await pod.closeEndpoints(`ses-${round}`)
      await scratch.hear(pod, `rid of ${round}`)
      // One to whom nobody comes.
      expectOpened(await pod.openEndpoints({ sessionId: `ses-${round}-next`, hostPorts: [anyPort()] }))
      await pod.closeEndpoints(`ses-${round}-next`)
    }
  })

  it('never takes an old connection for a new one, even on the same port of the same pod', async () => {
    await using scratch = await ScratchRuntime.open()
    const pod = await scratch.create(greeter('pod-a'))
    await scratch.hear(pod, 'listening')
    const port = anyPort()
    for (let round = 0; round < 20; round += 1) {
      await pod.openEndpoints({ sessionId: `ses-${round}`, hostPorts: [port] })
      const client = await scratch.dial(port)
      await nextBytes(client)
      const cut = endOfSocket(client)
      await pod.closeEndpoints(`ses-${round}`)
      await pod.openEndpoints({ sessionId: `ses-${round}-next`, hostPorts: [port] })
      await cut
      await pod.closeEndpoints(`ses-${round}-next`)
    }
  })

  it('leaves the other sessions of a pod alone', async () => {
    await using scratch = await ScratchRuntime.open()
    const pod = await scratch.create(greeter('pod-a'))
    await scratch.hear(pod, 'listening')
    const [first, second] = [anyPort(), anyPort()]
    await pod.openEndpoints({ sessionId: 'ses-1', hostPorts: [first] })
    await pod.openEndpoints({ sessionId: 'ses-2', hostPorts: [second] })
    const leaving = await scratch.dial(first)
    const staying = await scratch.dial(second)
    await Promise.all([nextBytes(leaving), nextBytes(staying)])
    const cut = endOfSocket(leaving)
    await pod.closeEndpoints('ses-1')
    leaving.write('am I still in?')
    await cut
    staying.write('hello')
    expect(await nextBytes(staying)).toBe('hello')
  })

  it('says that a session cannot be cut off, so that nobody else gets its pod, and still ends cleanly', async () => {
    await using scratch = await ScratchRuntime.open()
    const pod = await scratch.create(greeter('pod-a'))
    await pod.openEndpoints({ sessionId: 'ses-1', hostPorts: [anyPort()] })
    // As a firewall of the node does that is loaded anew.
    await runTool('nft', ['delete', 'table', 'inet', tableName(tagOf(scratch.options.podsFolder))])
    await expect(pod.closeEndpoints('ses-1')).rejects.toThrow('ses-1')
  })

  it('carries UDP, and stops carrying it', async () => {
    await using scratch = await ScratchRuntime.open()
    const pod = await scratch.create(
      orderOf('pod-udp', UDP_ECHO, { ports: [{ name: 'voice', protocol: 'udp', containerPort: 7_001 }] }),
    )
    await scratch.hear(pod, 'listening')
    const port = anyPort()
    await using client = udpClient()
    await pod.openEndpoints({ sessionId: 'ses-1', hostPorts: [port] })
    expect(await client.ask('one', port)).toBe('one')
    await pod.closeEndpoints('ses-1')
    expect(await client.ask('two', port)).toBe('no answer')
    await pod.openEndpoints({ sessionId: 'ses-2', hostPorts: [port] })
    // The same client with the same port of its own: soon the kernel has forgotten that it was another session's.
    await expect.poll(() => client.ask('three', port), { timeout: 10_000 }).toBe('three')
  })

  it('keeps other users of the node from reaching a pod but by an endpoint', async () => {
    await using scratch = await ScratchRuntime.open()
    const pod = await scratch.create(greeter('pod-a'))
    await scratch.hear(pod, 'listening')
    const { host, port } = pod.probeAddress('game') ?? { host: '', port: 0 }
    expect(await nextBytes(await scratch.dial(port, host))).toBe('pod-a')
    expect(await dialAsNobody(host, port)).toBe('ECONNREFUSED')
    const hostPort = anyPort()
    await pod.openEndpoints({ sessionId: 'ses-1', hostPorts: [hostPort] })
    expect(await dialAsNobody('127.0.0.1', hostPort)).toBe('pod-a')
  })

  it('answers the same to whoever asks while it opens', async () => {
    await using scratch = await ScratchRuntime.open()
    const pod = await scratch.create(greeter('pod-a'))
    const session = { sessionId: 'ses-1', hostPorts: [anyPort()] }
    const [first, second] = await Promise.all([pod.openEndpoints(session), pod.openEndpoints(session)])
    expectOpened(first)
    expect(second).toEqual(first)
  })

  it('does not open endpoints for fewer ports than the application has', async () => {
    await using scratch = await ScratchRuntime.open()
    const pod = await scratch.create(greeter('pod-a'))
    expect(await pod.openEndpoints({ sessionId: 'ses-1', hostPorts: [] })).toEqual({
      kind: 'failed',
      reason: 'there is no host port for game',
    })
  })

  it('opens hundreds of sessions at once', async () => {
    await using scratch = await ScratchRuntime.open()
    const pod = await scratch.create(greeter('pod-a'))
    await scratch.hear(pod, 'listening')
    const ports = Array.from({ length: 300 }, (_, index) => 9_000 + index)
    await Promise.all(ports.map((port) => pod.openEndpoints({ sessionId: `ses-${port}`, hostPorts: [port] })))
    expect(await nextBytes(await scratch.dial(9_299))).toBe('pod-a')
    await Promise.all(ports.map((port) => pod.closeEndpoints(`ses-${port}`)))
    await expect(scratch.dial(9_000)).rejects.toThrow('ECONNREFUSED')
  })
})

/** Whether a connection of the pod rests in FIN_WAIT2. */
function hasHalfClosed(handle: string): boolean {
  const { pid } = parseHandle(handle).sandbox
  return /:[0-9A-F]{4} 05 /.test(readFileSync(`/proc/${pid}/net/tcp6`, 'utf8'))
}

/** Says something to each client, and that this was all; the client may go on. */
const HALF_CLOSER = `
  let clients = 0
  const server = require('node:net').createServer({ allowHalfOpen: true }, (socket) => {
    const client = (clients += 1)
    socket.on('error', () => undefined).on('close', () => console.log('rid of ' + client)).resume()
    socket.end('that is all', () => console.log('done with ' + client))
  })
  server.listen(7001, '::', () => console.log('listening'))`

const UDP_ECHO = `
  const socket = require('node:dgram').createSocket('udp4')
  socket.on('message', (bytes, { address, port }) => socket.send(bytes, port, address))
  socket.bind(7001, () => console.log('listening'))`

type UdpClient = AsyncDisposable & { ask(words: string, port: number): Promise<string> }

function udpClient(): UdpClient {
  const socket: UdpSocket = createSocket('udp4')
  return {
    ask: (words, port) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => resolve('no answer'), 200)
        socket.removeAllListeners()
        socket.on('error', () => {}) // The kernel says that nobody is there.
        socket.on('message', (bytes) => {
          clearTimeout(timer)
          resolve(bytes.toString())
        })
        socket.send(words, port, '127.0.0.1')
      }),
    [Symbol.asyncDispose]: () => new Promise((resolve) => socket.close(() => resolve())),
  }
}

/** What another user of this machine gets. */
async function dialAsNobody(host: string, port: number): Promise<string> {
  const { execFile } = await import('node:child_process')
  const source = `
    const socket = require('node:net').connect(${port}, '${host}')
    socket.on('error', (error) => console.log(error.code)).once('data', (bytes) => { console.log(String(bytes)); socket.destroy() })`
  return new Promise((resolve, reject) => {
    execFile(process.execPath, ['-e', source], { uid: 65_534, gid: 65_534 }, (problem, output) =>
      problem === null ? resolve(output.trim()) : reject(problem),
    )
  })
}
