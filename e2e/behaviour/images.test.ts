/** How images come to nodes: before a pod needs them, by whom the registry wants to see, or from a file. */
import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { createWriteStream, lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { CreateSecretDocument } from '@fornax/client/generated/documents'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { archive } from '../../apps/agent/src/runtime/containerd/test/oci-archive.ts'
import {
  BUSYBOX_IMAGE,
  NODE_IMAGE,
  NODE_IN_IMAGE,
  ScratchContainerd,
} from '../../apps/agent/src/runtime/containerd/test/scratch-containerd.ts'
import { startRegistry } from '../../apps/agent/src/runtime/containerd/test/scratch-registry.ts'
import { canRunContainers } from '../../apps/agent/src/runtime/containerd/test/this-machine.ts'
import { Cluster, ROOT } from './cluster.ts'
import { eventually } from './eventually.ts'
import { application, close, create, idle, opened } from './steps.ts'

const mustRun = process.env['FORNAX_TEST_REQUIRE_ALL'] === '1'
const IDLE = {
  command: ['/bin/busybox', 'sleep', '86400'],
  resources: { cpuMillis: 10, memoryBytes: 16 * 1024 * 1024 },
}
const NO_PODS = { minPods: 0, maxPods: 1 }

describe.skipIf(!canRunContainers && !mustRun)('an image', () => {
  let containerd: ScratchContainerd
  beforeAll(async () => void (containerd = await ScratchContainerd.start({ images: [NODE_IMAGE] })), 60_000)
  afterAll(() => containerd[Symbol.asyncDispose]())

  function start(name: string): Promise<Cluster> {
    const folder = containerd.agentFolder(name, 'agent/pods/containerd')
    return Cluster.start({ containerdSocket: containerd.socketPath, folders: { 'node-a': folder }, logLevel: 'trace' })
  }

  it('is on the node before a pod needs it, pulled by the secret of its tenant, which is written nowhere', async () => {
    const password = `fornax-password-${randomBytes(16).toString('hex')}`
    await using registry = await startRegistry({ ...BUSYBOX_IMAGE, files: { '/early': 'bird' } }, password)
    await using cluster = await start('preload')
    const auths = { [registry.host]: { username: 'puller', password } }
    await store(cluster, 'registry', JSON.stringify({ auths }))
    const version = { ...IDLE, image: registry.imageName, imagePullSecrets: ['registry'] }
    await create(cluster, 'shop', version, NO_PODS)
    const { images } = await eventually(
      () => application(cluster, 'shop'),
      (one) => one.images.some(({ phase }) => phase !== 'PULLING'),
    )
    expect(images).toMatchObject([{ nodeName: 'node-a', phase: 'PRESENT', message: null }])
    expect(images[0]?.pulledBytes).toBeGreaterThan(100_000)
    expect(registry.layersFetched()).toBe(1)
    const session = await opened(cluster, 'shop')
    expect(session.start).toBe('COLD')
    expect(registry.layersFetched()).toBe(1)
    await close(cluster, session.id)
    expect(cluster.said()).not.toContain(password)
    for (const folder of [cluster.dataDir, containerd.folder]) expect(filesWith(folder, password)).toEqual([])
  })

  it('that cannot be had is said on the application before any pod is tried, and again by a node that comes back', async () => {
    await using registry = await startRegistry(BUSYBOX_IMAGE, 'a password that nobody gives')
    await using cluster = await start('refused')
    await create(cluster, 'shop', { ...IDLE, image: registry.imageName }, NO_PODS)
    const failed = (): Promise<unknown> =>
      eventually(
        () => application(cluster, 'shop'),
        (one) => one.images.some(({ phase, message }) => phase === 'FAILED' && message?.includes('401') === true),
      )
    await failed()
    await cluster.kill('node-a')
    await eventually(
      () => application(cluster, 'shop'),
      (one) => one.images.length === 0,
    )
    await cluster.startAgent('node-a')
    await failed()
  })

  it('comes from a file by the command line, and serves who must not pull', async () => {
    await using cluster = await start('import')
    const image = { ...BUSYBOX_IMAGE, name: 'fornax.test/imported:1', files: { '/from': 'a file' } }
    const missing = { ...IDLE, image: image.name, imagePullPolicy: 'NEVER' as const }
    await create(cluster, 'shop', missing, { minPods: 1, maxPods: 1 })
    const { problem } = await eventually(
      () => application(cluster, 'shop'),
      (one) => one.problem !== null,
    )
    expect(problem?.message).toContain('says not to pull it')
    const file = join(containerd.folder, 'imported.tar')
    await pipeline(Readable.from(archive(image)), createWriteStream(file))
    const said = await promisify(execFile)(
      process.execPath,
      [join(ROOT, 'apps/cli/bin/fornax.mjs'), 'image', 'import', file, '--socket', containerd.socketPath],
      { env: { PATH: `${process.env['PATH']}:/usr/sbin:/sbin` } },
    )
    expect(said.stdout).toBe(`image/${image.name} imported\n`)
    await idle(cluster, 'shop', 1)
  })

  it('finds files and secrets at paths in its own file system, in memory alone', async () => {
    await using cluster = await start('files')
    const value = `fornax-secret-${randomBytes(16).toString('hex')}`
    await store(cluster, 'key', value)
    const paths = ['/etc/app/key', '/run/app/config', '/tmp/deep/down/text']
    const source = `
      const { createHash } = require('node:crypto')
      const { readFileSync, writeFileSync } = require('node:fs')
      const tried = (act) => { try { return act() ?? 'done' } catch (error) { return error.code } }
      require('node:http').createServer((_, answer) => answer.end(JSON.stringify(${JSON.stringify(paths)}.map((path) => [
        tried(() => createHash('sha256').update(readFileSync(path)).digest('hex')), tried(() => writeFileSync(path, 'x')),
      ])))).listen(process.env.PORT)`
    const version = {
      image: NODE_IMAGE.name,
      command: [NODE_IN_IMAGE, '-e', source],
      resources: { cpuMillis: 100, memoryBytes: 128 * 1024 * 1024 },
      ports: [{ name: 'web', containerPort: 8080 }],
      readiness: { tcp: { portName: 'web' } },
      files: [
        { path: '/run/app/config', content: 'a text' },
        { path: '/tmp/deep/down/text', content: '' },
      ],
      secrets: [{ secret: 'key', path: '/etc/app/key' }],
    }
    await create(cluster, 'shop', version, { minPods: 1, maxPods: 1 })
    await idle(cluster, 'shop', 1)
    const session = await opened(cluster, 'shop')
    const told: unknown = await (await fetch(session.endpoints[0]?.url ?? '')).json()
    expect(told).toEqual([value, 'a text', ''].map((text) => [digest(text), 'EROFS']))
    for (const folder of [cluster.dataDir, containerd.folder]) expect(filesWith(folder, value)).toEqual([])
    expect(cluster.said()).not.toContain(value)
  })
})

async function store({ client }: Cluster, name: string, value: string): Promise<void> {
  const input = { name, value: Buffer.from(value).toString('base64') }
  const { createSecret } = await client.request(CreateSecretDocument, { input })
  expect(createSecret.problem).toBeNull()
}

function digest(value: string): string {
  return createHash('sha256').update(value).digest('hex')
}

/** Every file below a folder that holds the text, but for what pods have mounted from memory. */
function filesWith(folder: string, text: string): readonly string[] {
  return (
    readdirSync(folder, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      // What is mounted into running pods is not on the disk, and the names of their networks are no files.
      .filter((path) => !path.includes('/rootfs/') && !path.includes('/netns/'))
      .filter((path) => lstatSync(path, { throwIfNoEntry: false })?.isFile() === true && holds(path, text))
  )
}

/** In plain words, in base64, or as digits. */
function holds(path: string, text: string): boolean {
  const bytes = readFileSync(path)
  const forms = [text, Buffer.from(text).toString('base64'), Buffer.from(text).toString('hex')]
  return forms.some((form) => bytes.includes(form))
}
