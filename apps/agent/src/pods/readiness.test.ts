import { createServer as createHttpServer } from 'node:http'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { systemClock } from '@fornax/kernel/clock'
import type { Probe } from '@fornax/node-model/application-version'
import { expect, it } from 'vitest'
import { untilReady } from './readiness.ts'

const TCP: Probe = { kind: 'tcp', portName: 'web' }
const HTTP: Probe = { kind: 'http', portName: 'web', path: '/healthz' }

it('a TCP probe passes when a connection opens', async () => {
  await using server = await listening(createServer())
  await ready(TCP, server.port)
})

it('an HTTP probe passes with 200 to 399, and asks the path', async () => {
  const statuses = [503, 404, 302]
  const paths: (string | undefined)[] = []
  await using server = await listening(
    createHttpServer((request, answer) => {
      paths.push(request.url)
      answer.writeHead(statuses.shift() ?? 200).end()
    }),
  )
  await ready(HTTP, server.port)
  expect(paths).toEqual(['/healthz', '/healthz', '/healthz'])
})

it('waits for a pod that does not listen yet', async () => {
  await using probe = await listening(createServer())
  const { port } = probe
  await probe[Symbol.asyncDispose]()
  const waiting = ready(TCP, port)
  await using later = await listening(createServer(), port)
  await waiting
  expect(later.port).toBe(port)
})

it('without a probe there is nothing to wait for', async () => {
  await ready({ kind: 'none' }, 1)
})

it('stops when nobody wants to know any longer', async () => {
  const abort = new AbortController()
  const waiting = ready({ kind: 'tcp', portName: 'unknown' }, 1, abort.signal)
  abort.abort(new Error('enough'))
  await expect(waiting).rejects.toThrow('enough')
})

function ready(probe: Probe, port: number, signal = AbortSignal.timeout(10_000)): Promise<void> {
  const readiness = { probe, initialDelayMs: 0, periodMs: 10, timeoutMs: 10_000 }
  const probeAddress = (name: string) => (name === 'web' ? { host: '127.0.0.1', port } : null)
  const pod = { probeAddress, execute: () => Promise.resolve(false) }
  return untilReady(readiness, () => pod, systemClock, signal)
}

async function listening(server: Server, wanted = 0) {
  await new Promise<void>((resolve) => server.listen(wanted, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
