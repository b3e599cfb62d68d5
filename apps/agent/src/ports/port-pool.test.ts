import type { Clock } from '@fornax/kernel/clock'
import { creatingPod } from '@fornax/node-model/pod-state'
import { expect, it } from 'vitest'
import type { LedgerChange } from '../ledger/ledger.ts'
import { createMachinePortBlocks, UNSHARED_PORT_BLOCKS, type PortBlocks } from './port-blocks.ts'
import { PortPool, REST_MS } from './port-pool.ts'

const everyPort = () => Promise.resolve(true)

it('gives each port to one owner only, also to those who ask at the same time', async () => {
  const { pool } = world()
  const taken = await Promise.all(Array.from({ length: 5 }, () => pool.take(['tcp', 'udp'], everyPort)))
  expect(new Set(taken.flat()).size).toBe(10)
})

it('takes the next one when somebody else has a port', async () => {
  const { pool } = world()
  expect(await pool.take(['tcp'], (port) => Promise.resolve(port !== 20_000))).toEqual([20_001])
})

it('rests a port for a minute, and notes that', async () => {
  const { pool, time, changes } = world({ last: 20_000 })
  expect(await pool.take(['tcp'], everyPort)).toEqual([20_000])
  pool.rest([20_000])
  expect(changes).toEqual([{ kind: 'putPortRest', rest: { port: 20_000, untilMs: REST_MS } }])
  time.nowMs = REST_MS - 1
  expect(await pool.take(['tcp'], everyPort)).toBeNull()
  time.nowMs = REST_MS
  expect(await pool.take(['tcp'], everyPort)).toEqual([20_000])
  expect(changes.at(-1)).toEqual({ kind: 'removePortRest', port: 20_000 })
})

it('keeps no port of a request that it cannot fulfil', async () => {
  const { pool } = world({ last: 20_001 })
  expect(await pool.take(['tcp', 'tcp', 'tcp'], everyPort)).toBeNull()
  expect(await pool.take(['tcp', 'tcp'], everyPort)).toHaveLength(2)
})

it('knows after a restart what is taken and what rests', async () => {
  const { pool } = world({ last: 20_003, taken: [20_000], rests: [{ port: 20_001, untilMs: 5 }] })
  expect(await pool.take(['tcp', 'tcp'], everyPort)).toEqual([20_002, 20_003])
})

it('gives out a port of a pod that has ended, once it has rested', async () => {
  const { pool, time } = world({ last: 20_000, ended: [20_000], rests: [{ port: 20_000, untilMs: 5 }] })
  expect(await pool.take(['tcp'], everyPort)).toBeNull()
  time.nowMs = 5
  expect(await pool.take(['tcp'], everyPort)).toEqual([20_000])
})

it('leaves a block of ports to the agent of this machine that was first', async () => {
  await using first = createMachinePortBlocks()
  await using second = createMachinePortBlocks()
  const one = world({ first: 61_000, last: 61_199, blocks: first }).pool
  const other = world({ first: 61_000, last: 61_199, blocks: second }).pool
  expect(await one.take(['tcp'], everyPort)).toEqual([61_000])
  expect(await other.take(['tcp'], everyPort)).toEqual([61_100])
  expect(await one.take(['tcp'], everyPort)).toEqual([61_001])
})

type Change = {
  readonly first?: number
  readonly last?: number
  readonly taken?: readonly number[]
  /** Of a pod that has ended. */
  readonly ended?: readonly number[]
  readonly rests?: readonly { readonly port: number; readonly untilMs: number }[]
  readonly blocks?: PortBlocks
}

function world(known: Change = {}) {
  const { first = 20_000, last = 20_099, taken = [], ended = [], rests = [], blocks = UNSHARED_PORT_BLOCKS } = known
  const time = { nowMs: 0 }
  const clock: Clock = { nowMs: () => time.nowMs, schedule: () => () => undefined }
  const changes: LedgerChange[] = []
  const options = { range: { first, last }, clock, blocks, put: (change: LedgerChange) => void changes.push(change) }
  const birth = { podId: 'pod-1', versionId: 'ver-1', runtime: 'process', createdAtMs: 0 }
  const pod = { pod: creatingPod(birth), handle: null, hostPorts: taken, sessionFolder: null, needsSecrets: false }
  const over = { ...pod, pod: { ...pod.pod, phase: 'terminated' as const }, hostPorts: ended }
  return { pool: new PortPool(options, { pods: [pod, over], sessions: [], portRests: rests }), time, changes }
}
