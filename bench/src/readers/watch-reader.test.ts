import { once } from 'node:events'
import { expect, it } from 'vitest'
import { WebSocketServer, type WebSocket } from 'ws'
import { z } from 'zod'
import { WatchReader } from './watch-reader.ts'

it('comes again when its core was away, and begins anew when it was cut off amid a snapshot', async () => {
  const counts = { messages: 0, bytes: 0, upserted: 0, laterSnapshots: 0, cutOff: 0 }
  const first = await serve((socket) => {
    tell(socket, { resourceVersion: '1.1', isLast: true, items: [available('a'), available('b')] })
    tell(socket, { resourceVersion: '1.2', isLast: false, items: [available('a')] })
  })
  const url = `ws://127.0.0.1:${first.port}`
  const reader = new WatchReader({ url, token: '', application: 'app-1', counts })
  try {
    await reader.open()
    await expect.poll(() => counts.laterSnapshots).toBe(1)
    await first.end()
    await expect.poll(() => counts.cutOff).toBeGreaterThan(1) // It has knocked at a closed door.
    const second = await serve((socket) => {
      tell(socket, { resourceVersion: '1.3', isLast: true, items: [available('a'), available('b'), available('c')] })
    }, first.port)
    await expect.poll(() => reader.available()).toBe(3)
    expect([first.askedAfter, second.askedAfter]).toEqual([[null], [null]])
    reader.close()
    await second.end()
  } finally {
    reader.close()
  }
})

const subscribeMessage = z.object({
  type: z.literal('subscribe'),
  payload: z.object({ variables: z.object({ after: z.string().nullable() }) }),
})

/** A server that answers every subscription like this. */
async function serve(answer: (socket: WebSocket) => void, port = 0) {
  const askedAfter: (string | null)[] = []
  const server = new WebSocketServer({ host: '127.0.0.1', port, handleProtocols: () => 'graphql-transport-ws' })
  server.on('connection', (socket) => {
    socket.on('message', (bytes: Buffer) => {
      const subscribe = subscribeMessage.safeParse(JSON.parse(bytes.toString())).data
      if (subscribe === undefined) return socket.send('{"type":"connection_ack"}')
      askedAfter.push(subscribe.payload.variables.after)
      answer(socket)
    })
  })
  await once(server, 'listening')
  const address = server.address()
  const end = (): Promise<void> => {
    for (const socket of server.clients) socket.terminate()
    return new Promise((done) => server.close(() => done()))
  }
  return { port: typeof address === 'object' && address !== null ? address.port : port, askedAfter, end }
}

function tell(socket: WebSocket, event: object): void {
  socket.send(JSON.stringify({ id: 'sessions', type: 'next', payload: { data: { event } } }))
}

function available(id: string): { id: string; phase: string } {
  return { id, phase: 'AVAILABLE' }
}
