/** What pods find at paths of their own, and where it lies on the node meanwhile. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { tagOf } from '../network/agent-tag.ts'
import type { Runtime } from '../runtime.ts'
import { createBubblewrapRuntime } from './bubblewrap-runtime.ts'
import { isBubblewrapUsable } from './bubblewrap-probe.ts'
import { orderOf, scratchOptions } from './test/scratch-orders.ts'

const isUsable = await isBubblewrapUsable(process.env['PATH'] ?? '')
const VALUE = 'a value that no disk shall hold'

describe.skipIf(!isUsable)('a pod with files and secrets', () => {
  let folder: string
  let runtime: Runtime
  const inMemory = (): string => join('/dev/shm', `fornax-secrets-${tagOf(folder)}`)
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fornax-bwrap-files-'))
    runtime = await createBubblewrapRuntime({ ...scratchOptions(folder), network: 'shared' })
  })
  afterEach(async () => {
    for (const podId of await runtime.listPodIds()) await runtime.destroyPod(podId)
    await runtime[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
    expect(existsSync(inMemory())).toBe(false)
  })

  it('reads them, cannot write them, and has nothing of them on the disk', async () => {
    const source = `
      const { readFileSync, writeFileSync } = require('node:fs')
      const tried = (act) => { try { return act() ?? 'done' } catch (error) { return error.code } }
      const paths = ['/tmp/deep/config', '/run/keys/key', '/etc/hostname']
      const read = paths.map((path) => readFileSync(path, 'utf8').length)
      const written = paths.map((path) => tried(() => writeFileSync(path, 'x')))
      console.log(JSON.stringify({ read, written, env: process.env.TOKEN.length }))
      setInterval(() => {}, 1e6)`
    const files = [
      { path: '/tmp/deep/config', content: 'four' },
      { path: '/etc/hostname', content: 'over the own one' },
    ]
    const secretFiles = [{ path: '/run/keys/key', content: Buffer.from(VALUE) }]
    const secrets = { env: { TOKEN: VALUE }, files: secretFiles, credentials: [], problem: '' }
    const result = await runtime.createPod({ ...orderOf('pod-a', source, { files }), secrets })
    expect(result).toMatchObject({ kind: 'created' })
    const log = join(folder, 'pod-a', 'stdout.log')
    await expect
      .poll(() => readFileSync(log, 'utf8') + readFileSync(log.replace('stdout', 'stderr'), 'utf8'), {
        timeout: 10_000,
      })
      .toContain('}')
    const said: unknown = JSON.parse(readFileSync(log, 'utf8'))
    expect(said).toEqual({ read: [4, VALUE.length, 16], written: ['EROFS', 'EROFS', 'EROFS'], env: VALUE.length })
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
      if (entry.isFile()) expect(readFileSync(join(entry.parentPath, entry.name), 'utf8')).not.toContain(VALUE)
    expect(readdirSync(join(inMemory(), 'pod-a'))).toEqual(['0'])
    if (result.kind !== 'created') return
    result.pod.stop(0)
    await result.pod.ended
    expect(existsSync(inMemory())).toBe(false)
  })

  it('is refused where a file cannot be put, and nothing of it is left', async () => {
    const files = [{ path: '/etc/there-is-no-such-file', content: '' }]
    const result = await runtime.createPod(orderOf('pod-a', '', { files }))
    expect(result).toMatchObject({ kind: 'failed', reason: expect.stringContaining('/etc/there-is-no-such-file') })
    expect(await runtime.listPodIds()).toEqual([])
  })
})
