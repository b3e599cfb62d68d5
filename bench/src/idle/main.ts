/**
 * A server that does nothing but answer, over both transports: how fast the load tool is against it is its ceiling.
 * The answers are of the size that the core's have.
 */
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { invariant } from '@fornax/kernel/assert'
import { WebSocketServer } from 'ws'

const SESSION =
  '{"session":{"id":"ses_00000000000000000000000000","phase":"AVAILABLE","endpoints":[{"url":"http://127.0.0.1:20000"}]},"problem":null}'
const batch = Number(process.argv[2] ?? 1)
const data =
  batch === 1
    ? `{"data":{"openSession":${SESSION}}}`
    : `{"data":{"openSessions":{"results":[${Array.from({ length: batch }, () => SESSION).join(',')}]}}}`
const answer = [
  'HTTP/1.1 200 OK',
  'content-type: application/json; charset=utf-8',
  `content-length: ${data.length}`,
  '',
  data,
].join('\r\n')

const connections = new Set<Socket>()
const http = createServer({ noDelay: true }, (socket) => answerHttp(socket))
const sockets = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => 'graphql-transport-ws' })
sockets.on('connection', (socket) => {
  socket.on('message', (bytes: Buffer) => {
    const text = bytes.toString()
    const id = /"id":"(\d+)"/.exec(text)?.[1]
    if (id === undefined) return socket.send('{"type":"connection_ack"}')
    socket.send(`{"id":"${id}","type":"next","payload":${data}}`)
    socket.send(`{"id":"${id}","type":"complete"}`)
  })
})
http.listen(0, '127.0.0.1')
await Promise.all([once(http, 'listening'), once(sockets, 'listening')])
process.on('SIGINT', () => undefined) // A terminal sends it to everybody; the bench says when it is over.
process.on('message', end)
process.on('disconnect', end)
process.send?.({ type: 'ready', http: portOf(http), ws: portOf(sockets) })

function end(): void {
  if (process.connected) process.disconnect()
  http.close()
  sockets.close()
  for (const connection of connections) connection.destroy()
  for (const socket of sockets.clients) socket.terminate()
}

/** Requests come one at a time, and their bodies end where the load tool says they do. */
function answerHttp(socket: Socket): void {
  let received = ''
  connections.add(socket)
  socket.once('close', () => connections.delete(socket))
  socket.setEncoding('latin1')
  socket.on('error', () => socket.destroy())
  socket.on('data', (text) => {
    received += text.toString()
    const headEnd = received.indexOf('\r\n\r\n')
    const length = Number(/content-length: (\d+)/.exec(received)?.[1])
    if (headEnd < 0 || received.length < headEnd + 4 + length) return
    received = ''
    socket.write(answer)
  })
}

function portOf(server: { address(): unknown }): number {
  const address = server.address()
  invariant(typeof address === 'object' && address !== null && 'port' in address, 'a server that listens has a port')
  return Number(address.port)
}
