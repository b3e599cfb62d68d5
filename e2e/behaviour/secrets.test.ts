/** What tenants give their pods: files that pods find, and secrets that nobody else does. */
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, lstatSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  ApplicationsDocument,
  CreateApplicationDocument,
  CreateSecretDocument,
  DeleteSecretDocument,
  SecretsDocument,
  UpdateSecretDocument,
} from '@fornax/client/generated/documents'
import { afterEach, describe, expect, it } from 'vitest'
import { isBubblewrapUsable } from '../../apps/agent/src/runtime/bubblewrap/bubblewrap-probe.ts'
import { Cluster } from './cluster.ts'
import { eventually } from './eventually.ts'
import { application, close, create, idle, opened, pods, remove, type Session } from './steps.ts'

const canSandbox = await isBubblewrapUsable(process.env['PATH'] ?? '')
const mustRun = process.env['FORNAX_TEST_REQUIRE_ALL'] === '1'
/** A page of it is more than anything writes at once. */
const CHUNK = 1 << 20

/** Tells digests alone, so that no traffic and no log has what it was given. */
const TELLER = `
  const { createHash } = require('node:crypto')
  const { readFileSync, writeFileSync } = require('node:fs')
  const digest = (value) => createHash('sha256').update(value).digest('hex')
  const tried = (act) => { try { return act() } catch (error) { return error.code } }
  require('node:http').createServer((_, answer) => answer.end(JSON.stringify({
    env: process.env.TOKEN === undefined ? null : digest(process.env.TOKEN),
    files: (process.env.PATHS ?? '').split(' ').filter(Boolean).map((path) => tried(() => digest(readFileSync(path)))),
    writes: (process.env.PATHS ?? '').split(' ').filter(Boolean).map((path) => tried(() => writeFileSync(path, 'x') ?? 'written')),
  }))).listen(Number(process.env.PORT), '0.0.0.0')`

const teller = {
  image: 'host',
  command: [process.execPath, '-e', TELLER],
  ports: [{ name: 'web', containerPort: 8080 }],
  readiness: { tcp: { portName: 'web' } },
  resources: { cpuMillis: 10, memoryBytes: 64 * 1024 * 1024 },
}

/** Random text in no encoding that anything here would change. */
const newValue = (): string => `fornax-secret-${randomBytes(24).toString('hex')}`

let cluster: Cluster
afterEach(() => cluster?.[Symbol.asyncDispose]())

describe.skipIf(!canSandbox && !mustRun)('a secret', () => {
  it('reaches pods as variable and file, and is written nowhere: not in a database, ledger, log, list or answer', async () => {
    cluster = await Cluster.start({ runtime: 'bubblewrap', logLevel: 'trace' })
    const [first, second] = [newValue(), newValue()]
    await store('token', first)
    await store('key', second)
    await create(cluster, 'shop', shop, { minPods: 1, maxPods: 2 })
    await idle(cluster, 'shop', 1)
    const session = await opened(cluster, 'shop')
    const told = await tell(session)
    expect(told).toMatchObject({ env: digest(first), files: [digest(second), digest('a text')] })
    expect(new Set(told.writes)).toEqual(new Set(['EROFS']))
    const answers = await Promise.all([
      cluster.client.request(ApplicationsDocument, { first: 10 }),
      cluster.client.request(SecretsDocument, {}),
      eventually(() => metrics(), Boolean),
    ])
    const { version } = await application(cluster, 'shop')
    expect(version.secrets).toEqual([
      { secret: 'token', env: 'TOKEN', path: null },
      { secret: 'key', env: null, path: '/run/keys/key' },
    ])
    expect(version.files).toEqual([{ path: '/tmp/config/text', sha256: digest('a text'), sizeBytes: 6 }])
    for (const secret of [first, second]) {
      expect(JSON.stringify(answers)).not.toContain(secret)
      expect(cluster.said()).not.toContain(secret)
      expect(filesWith(cluster.dataDir, secret)).toEqual([])
      expect(processesWith('cmdline', secret)).toEqual([])
    }
    // Who starts pods tells them, and does not carry it about.
    expect(new Set(processesWith('environ', first))).toEqual(new Set([process.execPath]))
    expect(processesWith('environ', second)).toEqual([])
  })

  it('goes with its pod, stays when the agent is killed, and is new for pods that come after a change', async () => {
    cluster = await Cluster.start({ runtime: 'bubblewrap' })
    const [first, second] = [newValue(), newValue()]
    await store('token', first)
    await store('key', first)
    const before = secretFolders()
    await create(cluster, 'shop', shop, { minPods: 1, maxPods: 1 })
    await idle(cluster, 'shop', 1)
    await cluster.kill('node-a')
    await cluster.startAgent('node-a')
    await idle(cluster, 'shop', 1)
    const session = await opened(cluster, 'shop', { killPodOnClose: true })
    expect(await tell(session)).toMatchObject({ env: digest(first), files: [digest(first), digest('a text')] })
    for (const name of ['token', 'key']) await update(name, second)
    expect(await tell(session)).toMatchObject({ env: digest(first) })
    await close(cluster, session.id)
    const next = await opened(cluster, 'shop')
    expect(await tell(next)).toMatchObject({ env: digest(second), files: [digest(second), digest('a text')] })
    await close(cluster, next.id)
    await remove(cluster, 'shop')
    await eventually(secretFolders, (folders) => folders.length <= before.length)
  })

  it('outlives the core, sealed; without its key pods fail with a reason that names the secret and not its value', async () => {
    cluster = await Cluster.start({ runtime: 'bubblewrap' })
    const value = newValue()
    await store('token', value)
    await store('key', value)
    await cluster.kill('core')
    await cluster.startCore()
    await create(cluster, 'shop', shop, { minPods: 1, maxPods: 1 })
    await idle(cluster, 'shop', 1)
    expect(statSync(join(cluster.dataDir, 'secret-key')).mode & 0o777).toBe(0o600)
    await cluster.kill('core')
    const key = randomBytes(32).toString('hex')
    writeFileSync(join(cluster.dataDir, 'secret-key'), key)
    await cluster.startCore()
    await create(cluster, 'late', shop, { minPods: 1, maxPods: 1 })
    const { problem } = await eventually(
      () => application(cluster, 'late'),
      (one) => one.problem !== null,
    )
    expect(problem?.message).toContain('the secret token was sealed with another key')
    expect((await pods(cluster, 'shop')).length).toBe(1) // What runs has what it needs.
    expect(filesWith(cluster.dataDir, value)).toEqual([])
  })
})

describe('a version', () => {
  it('may only name secrets that there are, and these stay as long as it does', async () => {
    cluster = await Cluster.start({ nodes: [] })
    const missing = await cluster.client.request(CreateApplicationDocument, { input: { name: 'shop', version: shop } })
    expect(missing.createApplication.problem).toMatchObject({
      code: 'InvalidInput',
      field: 'version.secrets[0].secret',
    })
    for (const name of ['token', 'key']) await store(name, newValue())
    await create(cluster, 'shop', shop, { minPods: 0, maxPods: 1 })
    const inUse = await cluster.client.request(DeleteSecretDocument, { input: { name: 'token' } })
    expect(inUse.deleteSecret.problem).toMatchObject({ code: 'SecretInUse' })
    await remove(cluster, 'shop')
    await eventually(
      async () =>
        (await cluster.client.request(DeleteSecretDocument, { input: { name: 'token' } })).deleteSecret.problem,
      (problem) => problem === null,
    )
    const left = await cluster.client.request(SecretsDocument, {})
    expect(left.secrets.map(({ name, usedBy }) => [name, usedBy])).toEqual([['key', []]])
  })

  it('gets variables, and no files, on the process runtime', async () => {
    cluster = await Cluster.start()
    const value = newValue()
    await store('token', value)
    const { files: _, ...onlyEnv } = { ...shop, secrets: [{ secret: 'token', env: 'TOKEN' }], env: [] }
    await create(cluster, 'env', onlyEnv, { minPods: 1, maxPods: 1 })
    await idle(cluster, 'env', 1)
    expect(await tell(await opened(cluster, 'env'))).toMatchObject({ env: digest(value), files: [] })
    expect(filesWith(cluster.dataDir, value)).toEqual([])
    expect(processesWith('cmdline', value)).toEqual([])
    await create(cluster, 'files', { ...onlyEnv, secrets: [], files: shop.files }, { minPods: 1, maxPods: 1 })
    const { problem } = await eventually(
      () => application(cluster, 'files'),
      (one) => one.problem !== null,
    )
    expect(problem?.message).toContain('the process runtime gives pods no files')
  })
})

const shop = {
  ...teller,
  env: [{ name: 'PATHS', value: '/run/keys/key /tmp/config/text' }],
  files: [{ path: '/tmp/config/text', content: 'a text' }],
  secrets: [
    { secret: 'token', env: 'TOKEN' },
    { secret: 'key', path: '/run/keys/key' },
  ],
}

async function store(name: string, value: string): Promise<void> {
  const input = { name, value: Buffer.from(value).toString('base64') }
  const { createSecret } = await cluster.client.request(CreateSecretDocument, { input })
  expect(createSecret.problem).toBeNull()
}

async function update(name: string, value: string): Promise<void> {
  const input = { name, value: Buffer.from(value).toString('base64') }
  const { updateSecret } = await cluster.client.request(UpdateSecretDocument, { input })
  expect(updateSecret.problem).toBeNull()
}

type Told = { readonly env: string | null; readonly files: readonly string[]; readonly writes: readonly string[] }

async function tell({ endpoints }: Session): Promise<Told> {
  return (await (await fetch(endpoints[0]?.url ?? '')).json()) as Told
}

async function metrics(): Promise<string> {
  return await (await fetch(cluster.apiUrl.replace('/graphql', '/metrics'))).text()
}

function digest(value: string): string {
  return createHash('sha256').update(value).digest('hex')
}

/** Every file below a folder that holds the text, in whatever it is. */
function filesWith(folder: string, text: string): readonly string[] {
  const wanted = [text, Buffer.from(text).toString('base64'), Buffer.from(text).toString('hex')].map((form) =>
    Buffer.from(form),
  )
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => lstatSync(path, { throwIfNoEntry: false })?.isFile() === true)
    .filter((path) => {
      const bytes = readFileSync(path)
      return wanted.some((form) => bytes.includes(form))
    })
}

/** The programs of those processes on this machine that were started with a text in this. */
function processesWith(file: 'cmdline' | 'environ', text: string): readonly string[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    try {
      if (!readFileSync(`/proc/${name}/${file}`).subarray(0, CHUNK).includes(text)) return []
      return [readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0')[0] ?? '']
    } catch {
      return [] // It has just ended.
    }
  })
}

function secretFolders(): readonly string[] {
  return existsSync('/dev/shm') ? readdirSync('/dev/shm').filter((name) => name.startsWith('fornax-secrets-')) : []
}
