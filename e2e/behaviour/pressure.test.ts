/** What becomes of a node that is short of something, and of the pods on it. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ComputeNodeDocument } from '@fornax/client/generated/documents'
import { afterEach, expect, it } from 'vitest'
import { Cluster, ROOT } from './cluster.ts'
import { eventually } from './eventually.ts'
import { allPods, create, idle, opened, session, sleeper } from './steps.ts'

let cluster: Cluster
afterEach(() => cluster?.[Symbol.asyncDispose]())

/** More than any machine has free. */
const ALWAYS_SHORT = { FORNAX_LEAST_FREE_MEMORY_PERCENT: '99', FORNAX_LEAST_FREE_PIDS_PERCENT: '0' }

it('a node without memory says so everywhere, gives its idle pods up, keeps those that serve, and gets none', async () => {
  cluster = await Cluster.start({ nodes: ['node-a', 'node-b'] })
  await create(cluster, 'calm', sleeper, { minPods: 6, maxPods: 12, idleCount: { low: 6, high: 6 } })
  await idle(cluster, 'calm', 6)
  const sessions = [await opened(cluster, 'calm'), await opened(cluster, 'calm'), await opened(cluster, 'calm')]
  await idle(cluster, 'calm', 6)
  await restart('node-b', ALWAYS_SHORT)
  await eventually(conditions, (found) => found === 'MEMORY_PRESSURE')
  const pods = await eventually(
    () => podsOn('node-b'),
    (there) => there.every(({ phase }) => phase === 'ACTIVE'),
  )
  await idle(cluster, 'calm', 6)
  const still = await Promise.all(sessions.map(({ id }) => session(cluster, id)))
  expect(still.map(({ phase }) => phase)).toEqual(['AVAILABLE', 'AVAILABLE', 'AVAILABLE'])
  expect(pods.length).toBe(still.filter(({ nodeName }) => nodeName === 'node-b').length)
  expect(await metric('memoryPressure')).toBe('1')
  expect(await cli('get', 'nodes')).toMatch(/node-b +Ready,MemoryPressure/)
  expect(await cli('describe', 'node', 'node-b')).toContain('MemoryPressure): takes no pods')
  await create(cluster, 'late', sleeper, { minPods: 4, maxPods: 4 })
  await idle(cluster, 'late', 4)
  expect((await podsOn('node-b')).length).toBe(pods.length)
  await restart('node-b', {})
  await eventually(conditions, (found) => found === '')
  expect(await metric('memoryPressure')).toBe('0')
  await create(cluster, 'again', sleeper, { minPods: 8, maxPods: 8 })
  await idle(cluster, 'again', 8)
  expect((await podsOn('node-b')).length).toBeGreaterThan(pods.length)
})

async function restart(name: string, settings: Readonly<Record<string, string>>): Promise<void> {
  await cluster.kill(name)
  await cluster.startAgent(name, ['apps/agent/src/main.ts'], settings)
}

async function conditions(): Promise<string> {
  const { computeNode } = await cluster.client.request(ComputeNodeDocument, { name: 'node-b' })
  if (computeNode?.phase !== 'READY') return 'not ready'
  return computeNode.conditions.map(({ kind }) => kind).join(' ')
}

async function podsOn(node: string) {
  const pods = await allPods(cluster)
  return pods.filter(({ nodeName, phase }) => nodeName === node && phase !== 'FAILED' && phase !== 'TERMINATING')
}

async function metric(condition: string): Promise<string | undefined> {
  const text = await (await fetch(cluster.apiUrl.replace('/graphql', '/metrics'))).text()
  return new RegExp(`^fornax_nodes_under_pressure\\{condition="${condition}"\\} (\\d+)$`, 'm').exec(text)?.[1]
}

async function cli(...words: readonly string[]): Promise<string> {
  const env = {
    PATH: process.env['PATH'],
    FORNAX_API_URL: cluster.apiUrl.replace('/graphql', ''),
    FORNAX_TOKEN: cluster.token,
  }
  const program = join(ROOT, 'apps/cli/bin/fornax.mjs')
  return (await promisify(execFile)(process.execPath, [program, ...words], { env })).stdout
}
