import { createLog } from '@fornax/kernel/log'
import { VirtualClock } from '@fornax/kernel/virtual-clock'
import { expect, it } from 'vitest'
import { NodeConnection, type ConnectionPorts, type Refusal } from './node-connection.ts'

it('cuts off whoever connects and does not say who it is', () => {
  const { clock, refusals } = silentStream()
  clock.advance(9_000)
  expect(refusals).toEqual([])
  clock.advance(2_000)
  expect(refusals).toMatchObject([{ code: 'unauthenticated' }])
  expect(clock.waiting).toBe(0)
})

it('leaves no timer behind for a stream that ended before it said anything', () => {
  const { clock, connection, refusals } = silentStream()
  connection.closed()
  expect(clock.waiting).toBe(0)
  clock.advance(60_000)
  expect(refusals).toEqual([])
})

function silentStream() {
  const clock = new VirtualClock()
  const refusals: Refusal[] = []
  const ports: ConnectionPorts = {
    clock,
    log: createLog('core', 'silent'),
    coreId: 'cor-1',
    epoch: 1,
    leaseMs: 10_000,
    heartbeatMs: 2_000,
    usageMs: 2_000,
    isJoinToken: () => true,
    fleet: {
      nodeState: () => undefined,
      nodeReports: () => true,
      nodeHeard: () => undefined,
      nodeUsage: () => undefined,
      commandsSent: () => undefined,
    },
    hasGreeted: () => false,
    join: () => 'accepted',
    epochRefused: () => undefined,
    left: () => undefined,
  }
  const stream = { write: () => true, end: () => undefined, fail: (refusal: Refusal) => void refusals.push(refusal) }
  return { clock, refusals, connection: new NodeConnection(ports, stream) }
}
