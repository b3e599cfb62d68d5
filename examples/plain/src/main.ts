/** An ordinary HTTP server. It knows nothing of Fornax. */
import { createServer } from 'node:http'

const port = Number(process.env['PORT'] ?? 8080)

const server = createServer((request, response) => {
  const isKnown = request.url === '/' || request.url === '/healthz'
  const body = request.url === '/' ? `plain, process ${process.pid}\n` : isKnown ? 'ok\n' : 'not found\n'
  response.writeHead(isKnown ? 200 : 404, { 'content-type': 'text/plain; charset=utf-8' }).end(body)
})

server.listen(port, () => {
  const address = server.address()
  console.log(`plain listens on port ${typeof address === 'object' ? address?.port : port}`)
})

process.once('SIGTERM', () => {
  server.close()
  server.closeAllConnections()
})
