/**
 * A process that holds idle connections to a core, as told by its parent: sockets that have said who they are and then
 * only answer pings, and connections that say nothing at all.
 */
import { connect } from 'node:net'
import { WebSocket } from 'ws'

export type HolderOrder =
  | {
      readonly kind: 'open'
      readonly port: number
      readonly count: number
      /** Who they say they are; null: nothing is said. */
      readonly authorization: string | null
    }
  | { readonly kind: 'count' }
  | { readonly kind: 'close' }

/** How many were ever connected, how many of them are there, and how the last one ended that is not. */
export type Held = { readonly connected: number; readonly open: number; readonly lastEnd: string | null }

/** Ports of one address would run out. */
const PER_ADDRESS = 5_000
/** Connections that are made at a time: more than a listener lets wait would be lost. */
const AT_A_TIME = 100

/** A connection went away without a close frame. */
const NO_WORD = 1006

/** How to end each connection that is there. */
const ends = new Set<() => Promise<void>>()
let lastEnd: string | null = null
let opened = 0
let connected = 0

process.on('message', (order: HolderOrder) => void obey(order).then((held) => process.send?.(held)))

async function obey(order: HolderOrder): Promise<Held> {
  switch (order.kind) {
    case 'open': {
      let left = order.count
      const openInTurn = async (): Promise<void> => {
        while ((left -= 1) >= 0) await openOne(order.port, order.authorization)
      }
      await Promise.all(Array.from({ length: AT_A_TIME }, openInTurn))
      break
    }
    case 'count':
      break
    case 'close':
      await Promise.all([...ends].map((end) => end()))
  }
  return { connected, open: ends.size, lastEnd }
}

/** Settles when the core has let the connection in, or has closed it. */
function openOne(port: number, authorization: string | null): Promise<void> {
  opened += 1
  const localAddress = `127.0.0.${2 + (Math.floor(opened / PER_ADDRESS) % 200)}`
  return authorization === null ? stayMute(port, localAddress) : speak({ port, localAddress }, authorization)
}

function stayMute(port: number, localAddress: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress }, () => {
      connected += 1
      resolve()
    })
    const end = (): Promise<void> => new Promise((over) => socket.once('close', () => over()).destroy())
    ends.add(end)
    socket.resume()
    socket.on('error', (error) => (lastEnd = error.message))
    socket.on('close', () => {
      ends.delete(end)
      resolve()
    })
  })
}

/** As much of the protocol as somebody needs who wants nothing. */
function speak(where: { readonly port: number; readonly localAddress: string }, authorization: string): Promise<void> {
  return new Promise((resolve) => {
    const { port, localAddress } = where
    const options = { localAddress, perMessageDeflate: false }
    const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, 'graphql-transport-ws', options)
    const end = (): Promise<void> =>
      new Promise((over) => {
        socket.once('close', () => over())
        socket.terminate()
      })
    ends.add(end)
    socket.on('open', () => {
      connected += 1
      socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization } }))
    })
    socket.once('message', () => resolve()) // The first is that they are let in.
    socket.on('error', (error) => (lastEnd = error.message))
    socket.on('close', (code, reason) => {
      if (code !== NO_WORD) lastEnd = reason.toString()
      ends.delete(end)
      resolve()
    })
  })
}
