/**
 * Keeps agents of one machine out of each other's host ports. Ports are claimed
 * in blocks; a claim is a listening socket with an abstract name, which the
 * kernel takes away with its process, however that ends.
 */
import { createServer, type Server } from 'node:net'

/** Says whether a block is ours from now on. */
export type PortBlocks = AsyncDisposable & {
  claim(block: number): Promise<boolean>
}

/** Claims blocks of this machine (to be exact, of this network namespace). */
export function createMachinePortBlocks(): PortBlocks {
  const claims = new Map<number, Server>()
  return {
    claim: async (block) => {
      if (claims.has(block)) return true
      const server = await listen(`\0fornax-port-block-${block}`)
      if (server !== null) claims.set(block, server)
      return server !== null
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(Array.from(claims.values(), (server) => new Promise((resolve) => server.close(resolve))))
    },
  }
}

/** For simulated nodes, whose ports are only numbers. */
export const UNSHARED_PORT_BLOCKS: PortBlocks = {
  claim: () => Promise.resolve(true),
  [Symbol.asyncDispose]: () => Promise.resolve(),
}

function listen(name: string): Promise<Server | null> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', () => resolve(null))
    server.listen(name, () => {
      server.unref()
      resolve(server)
    })
  })
}
