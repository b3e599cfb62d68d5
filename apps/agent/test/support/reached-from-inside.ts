/** Whom a pod reaches over the network: a program that tries, and somebody on the node who could be reached. */
import { createServer, type Server } from 'node:net'
import { networkInterfaces } from 'node:os'

/**
 * The source of a program that prints, as JSON, which of these addresses answer it on a port. Only a word counts: an
 * address of the node may be gone by the time it is tried, and what lies beyond the node may take any connection.
 */
export function reachingSource(hosts: readonly string[], port: number): string {
  return `
    const dial = (host) => new Promise((resolve) => {
      const socket = require('node:net').connect({ host, port: ${port}, timeout: 1_000 })
      const end = (reached) => { resolve(reached); socket.destroy() }
      socket.once('connect', () => socket.write('GET / HTTP/1.0\\r\\n\\r\\n')).once('data', () => end([host]))
      for (const name of ['error', 'timeout', 'close']) socket.on(name, () => end([]))
    })
    Promise.all(${JSON.stringify(hosts)}.map(dial)).then((all) => { console.log(JSON.stringify(all.flat())); process.exit(0) })`
}

/** Every address of the node, of this family. */
export function nodeAddresses(family: 'IPv4' | 'IPv6' = 'IPv4'): readonly string[] {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  return all.filter((each) => each.family === family).map(({ address }) => address)
}

/** Says a word to whoever connects, on every address of the node. */
export async function listenEverywhere(): Promise<AsyncDisposable & { readonly port: number }> {
  const server: Server = createServer((socket) =>
    socket
      .on('error', () => undefined)
      .resume()
      .end('here\n'),
  )
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '::', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
  return { port, [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())) }
}
