import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, it } from 'vitest'
import { Cluster } from './cluster.ts'
import { eventually } from './eventually.ts'
import { close, create, hello, idle, opened } from './steps.ts'

/** This runtime holds pods to what they asked for. */
const app = { ...hello, resources: { cpuMillis: 100, memoryBytes: 256 * 1024 * 1024 } }

/** Pods have a network of their own only where the agent may make one. */
const canIsolate = process.getuid?.() === 0 && ['bwrap', 'nft', 'ip'].every(isInstalled)
const mustIsolate = process.env['FORNAX_TEST_REQUIRE_ALL'] === '1'

it.runIf(canIsolate || mustIsolate)(
  'keeps a client of a closed session out of the next session of the same pod: it is cut off, and the port rests',
  async () => {
    await using cluster = await Cluster.start({ runtime: 'bubblewrap' })
    await create(cluster, 'hello', { ...app, minIsolation: 'NAMESPACE' }, { minPods: 1, maxPods: 1 })
    await idle(cluster, 'hello', 1)
    const first = await opened(cluster, 'hello')
    const endpoint = first.endpoints[0]
    const socket = connect(endpoint?.port ?? 0, endpoint?.host)
    await once(socket, 'connect')
    const cut = new Promise((resolve) => socket.once('error', resolve).once('close', resolve))
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n') // Unfinished, so that it is the network that ends it.
    await close(cluster, first.id)
    await idle(cluster, 'hello', 1)
    const second = await opened(cluster, 'hello')
    expect(second.podId).toBe(first.podId)
    expect(second.endpoints[0]?.port).not.toBe(endpoint?.port)
    await cut
    await expect(fetch(endpoint?.url ?? '')).rejects.toThrow('fetch failed')
    const answer = await fetch(second.endpoints[0]?.url ?? '', { headers: { accept: 'application/json' } })
    expect(await answer.json()).toMatchObject({ session: { id: second.id } })
  },
)

it.runIf(canIsolate || mustIsolate)('leaves no network, rule or process behind when a node is stopped', async () => {
  const before = made()
  const during: string[] = []
  {
    await using cluster = await Cluster.start({ runtime: 'bubblewrap' })
    await create(cluster, 'hello', app, { minPods: 2, maxPods: 4 })
    await idle(cluster, 'hello', 2)
    await opened(cluster, 'hello')
    during.push(...made().filter((name) => !before.includes(name)))
    expect(during.some((name) => name.startsWith('table'))).toBe(true)
    expect(during.some((name) => name.startsWith('link'))).toBe(true)
    expect(during.filter((name) => name.startsWith('pod')).length).toBeGreaterThanOrEqual(2)
  }
  const left = (): string[] => made().filter((name) => during.includes(name))
  expect(await eventually(left, (names) => names.length === 0)).toEqual([])
})

function isInstalled(program: string): boolean {
  return spawnSync('which', [program], { env: { PATH: `${process.env['PATH']}:/usr/sbin:/sbin` } }).status === 0
}

/** What an agent with networks makes on a machine: links, tables and processes, by name. */
function made(): readonly string[] {
  const ask = (program: string, ...args: string[]): readonly string[] =>
    spawnSync(program, args, { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } })
      .stdout.toString()
      .split('\n')
      .filter((line) => line !== '')
  return [
    ...ask('ip', '-o', 'link').map((line) => `link ${line.split(':')[1]?.trim()}`),
    ...ask('nft', 'list', 'tables'),
    ...ask('pgrep', '-f', 'examples/hello/src/main').map((pid) => `pod ${pid}`),
  ]
}
