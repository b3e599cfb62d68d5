/** Whether a port of this machine is free, found out by taking it for a moment. */
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

/** For every protocol but `udp` the port is a TCP port. */
export function isPortFree(port: number, protocol: string): Promise<boolean> {
  return protocol === 'udp' ? isUdpPortFree(port) : isTcpPortFree(port)
}

function isTcpPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '0.0.0.0', exclusive: true }, () => server.close(() => resolve(true)))
  })
}

function isUdpPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4')
    socket.once('error', () => {
      socket.close()
      resolve(false)
    })
    socket.bind({ port, address: '0.0.0.0', exclusive: true }, () => socket.close(() => resolve(true)))
  })
}
