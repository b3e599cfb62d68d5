/** A real core and a real agent, whose certificates last for seconds: what a day is in earnest. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SimulatedNodes } from '@fornax/agent/simulate/simulated-nodes'
import { systemClock } from '@fornax/kernel/clock'
import { createLog } from '@fornax/kernel/log'
import { expect, it } from 'vitest'
import { createCore } from '../../src/core.ts'
import { ask } from './test-server.ts'
import { connect } from './test-socket.ts'
import { testCoreConfig } from '../support/core-config.ts'

const ADMIN = 'the-admin-token-of-this-test'
const authorization = `Bearer ${ADMIN}`
const log = createLog('test', 'silent')

it(
  'a node goes on without a break while its certificates are renewed, and when the authority is rotated',
  { timeout: 60_000 },
  async () => {
    await using stack = new AsyncDisposableStack()
    const dataDir = await mkdtemp(join(tmpdir(), 'fornax-certificates-'))
    stack.defer(() => rm(dataDir, { recursive: true, force: true }))
    const config = testCoreConfig({ dataDir, adminToken: ADMIN, joinToken: JOIN })
    const core = stack.use(await createCore({ clock: systemClock, log, config, nodeCertificateMs: 3_000 }))
    const nodes = stack.use(new SimulatedNodes(nodesOf(core.nodeLink, dataDir)))
    await nodes.join()
    await using socket = await connect({ url: core.apiUrl }, authorization)
    socket.subscribe(
      'w',
      'subscription { watchComputeNodes { ... on ComputeNodeSnapshot { computeNodes { phase } } ... on ComputeNodeChanges { upserted { phase } } } }',
    )
    const phases = new Set<string>()
    void (async () => {
      for (;;)
        for (const phase of JSON.stringify(await socket.nextData()).matchAll(/"phase":"(\w+)"/g))
          phases.add(String(phase[1]))
    })().catch(() => undefined)
    const issued = async (): Promise<string> => {
      const { data } = await ask(
        { url: core.apiUrl },
        '{ computeNode(name: "sim-0001") { phase identity { certificateIssuedAt } } }',
        { authorization },
      )
      expect(data).toMatchObject({ computeNode: { phase: 'READY' } })
      return String(Object(data?.['computeNode']).identity.certificateIssuedAt)
    }
    const seen = new Set<string>()
    const before = await readFile(join(dataDir, 'node-ca.pem'), 'utf8')
    while (seen.size < 4) {
      seen.add(await issued())
      if (seen.size === 2) {
        await ask({ url: core.apiUrl }, 'mutation { rotateNodeAuthority(input: {}) { pin } }', { authorization })
        seen.add('rotated')
      }
      await new Promise((done) => setTimeout(done, 50))
    }
    expect(await readFile(join(dataDir, 'node-ca.pem'), 'utf8')).not.toBe(before)
    expect([...phases].filter((phase) => phase !== 'READY')).toEqual([])
    // What is revoked is cut off within a second, and stays out though it knows the standing token.
    const startMs = performance.now()
    await ask(
      { url: core.apiUrl },
      'mutation { revokeComputeNode(input: { name: "sim-0001" }) { problem { message } } }',
      { authorization },
    )
    const { data } = await ask({ url: core.apiUrl }, '{ computeNode(name: "sim-0001") { phase } }', { authorization })
    expect(data).toEqual({ computeNode: { phase: 'DISCONNECTED' } })
    expect(performance.now() - startMs).toBeLessThan(1_000)
  },
)

function nodesOf(coreAddress: string, dataDir: string): ConstructorParameters<typeof SimulatedNodes>[0] {
  return {
    count: 1,
    prefix: 'sim',
    coreAddress,
    joinToken: () => JOIN,
    authority: () => readFileSync(join(dataDir, 'node-ca.pem'), 'utf8'),
    resources: { cpuMillis: 1_000, memoryBytes: 2 ** 30, pods: 10 },
    delays: { createMs: 0, stopMs: 0, openMs: 0, closeMs: 0, sleepMs: 0, wakeMs: 0, atOnceMax: 5 },
    clock: systemClock,
    log,
    onAccepted: () => undefined,
  }
}

const JOIN = 'the-join-token-of-this-test'
