/** A small application that serves one Fornax session at a time, over HTTP and WebSocket, and shows what it got. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { serve, type Session } from '@fornax/session-sdk'
import { WebSocketServer, type WebSocket } from 'ws'
import { pageOf, viewOf } from './session-view.ts'

const port = Number(process.env['FORNAX_PORT_WEB'] ?? process.env['PORT'] ?? 8080)

let current: Session | null = null
/** Of the current session: a client of the one before may take its time to leave. */
let clients = new Set<WebSocket>()

const web = createServer(answer)
const sockets = new WebSocketServer({ server: web, path: '/ws', maxPayload: 64 * 1024 })

sockets.on('connection', (socket) => {
  const session = current
  if (session === null) return socket.close(1013, 'no session')
  const ours = clients
  session.setClientCount(ours.add(socket).size)
  socket.on('close', () => {
    ours.delete(socket)
    session.setClientCount(ours.size)
  })
  socket.on('error', (problem) => console.error(`client of session ${session.id}: ${problem.message}`))
  socket.on('message', (words, isBinary) => socket.send(words, { binary: isBinary }))
  socket.send(JSON.stringify(viewOf(session)))
})

// Listen first: when a session is open, its clients come at once.
web.listen(port, () => {
  console.log(`hello listens on port ${portOf(web.address())}`)
  const sessions = serve({
    standalone: true,
    onOpen: (session) => {
      if (current !== null) throw new Error(`hello serves one session at a time, and ${current.id} is open`)
      current = session
      console.log(`session ${session.id} is open, with ${session.data.length} bytes of data`)
    },
    onClose: (session) => {
      current = null
      for (const socket of clients) socket.close(1001, 'the session is closed')
      clients = new Set()
      console.log(`session ${session.id} is closed`)
    },
    onProblem: (problem) => console.error(problem.message),
  })
  process.once('SIGTERM', () => {
    void sessions[Symbol.asyncDispose]()
    for (const socket of sockets.clients) socket.terminate()
    web.close()
    web.closeAllConnections()
  })
})

/** The port that was taken, which is another one than asked for when that was 0. */
function portOf(address: ReturnType<typeof web.address>): number {
  return typeof address === 'object' ? (address?.port ?? port) : port
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost')
  if (pathname === '/healthz') return send(response, 200, 'text/plain', 'ok\n')
  if (pathname !== '/') return send(response, 404, 'text/plain', 'not found\n')
  const view = viewOf(current)
  if (request.headers.accept?.includes('text/html') === true) return send(response, 200, 'text/html', pageOf(view))
  send(response, 200, 'application/json', `${JSON.stringify(view, null, 2)}\n`)
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-store' }).end(body)
}
