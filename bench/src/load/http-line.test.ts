import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { expect, it } from 'vitest'
import { openHttpLine } from './http-line.ts'
import type { LineAnswer } from './line.ts'

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Length: '

it('waits for the whole of an answer, however it is cut into pieces, and goes on with the next', async () => {
  const body = '{"data":"ü…"}'
  const bytes = Buffer.from(`${HEAD}${Buffer.byteLength(body)}\r\n\r\n${body}`)
  await using world = await answering(async (socket) => {
    for (const byte of bytes) {
      socket.write(Buffer.from([byte]))
      await new Promise((resolve) => setImmediate(resolve))
    }
  })
  expect(await world.ask()).toEqual({ kind: 'answered', body })
  expect(await world.ask()).toEqual({ kind: 'answered', body })
})

it('says what a refusal says', async () => {
  await using world = await answering((socket) => {
    socket.write('HTTP/1.1 401 Unauthorized\r\ncontent-length: 2\r\n\r\nno')
  })
  expect(await world.ask()).toEqual({ kind: 'failed', why: 'no' })
})

it('fails the call that waits when the connection ends, and every one after it', async () => {
  await using world = await answering((socket) => {
    socket.destroy()
  })
  expect(await world.ask()).toEqual({ kind: 'failed', why: 'the connection was closed' })
  expect(await world.ask()).toEqual({ kind: 'failed', why: 'the connection was closed' })
})

it('connects anew for the next call when the server has said farewell to a line that nobody used', async () => {
  const body = '{}'
  await using world = await answering((socket) => {
    socket.write(`${HEAD}${body.length}\r\n\r\n${body}`)
  })
  expect(await world.ask()).toEqual({ kind: 'answered', body })
  await world.farewell('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n')
  expect(await world.ask()).toEqual({ kind: 'answered', body })
  await world.farewell('')
  expect(await world.ask()).toEqual({ kind: 'answered', body })
})

it('asks again on a new line when the farewell and the call have crossed: the server has not seen it', async () => {
  const body = '{}'
  let requests = 0
  await using world = await answering((socket) => {
    requests += 1
    if (requests === 1) socket.end('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n')
    else socket.write(`${HEAD}${body.length}\r\n\r\n${body}`)
  })
  expect(await world.ask()).toEqual({ kind: 'answered', body })
  expect(requests).toBe(2)
})

it('gives up when it is told so a second time', async () => {
  await using world = await answering((socket) => {
    socket.end('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n')
  })
  expect(await world.ask()).toEqual({ kind: 'failed', why: 'an answer without content-length' })
})

/** A server that does this for every request, and a line to it. */
async function answering(answer: (socket: Socket) => unknown) {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => undefined)
    socket.on('data', () => void answer(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const line = await openHttpLine({ host: '127.0.0.1', port, token: 'a token', transport: 'http' })
  return {
    ask: () => new Promise<LineAnswer>((resolve) => line.send(line.prepare('{}'), resolve)),
    /** Ends the newest connection with these words, and waits until the client has ended it too. */
    farewell: async (words: string) => {
      const socket = sockets.at(-1)
      socket?.end(words)
      if (socket !== undefined) await once(socket, 'close')
    },
    [Symbol.asyncDispose]: async () => {
      line.close()
      server.close()
      await once(server, 'close')
    },
  }
}
