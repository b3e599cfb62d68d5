/** Each of these is tried as an unprivileged user, to whom a folder that is not writable really is not. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ROOT } from './cluster.ts'

const NOBODY = 65_534
const canBeNobody = process.getuid?.() === 0

it.runIf(canBeNobody)('says that the data folder is not writable', async () => {
  await using place = scratch()
  chmodSync(place.dataDir, 0o555)
  const said = await startCore(place.dataDir)
  expect(said.code).toBe(1)
  expect(said.text).toContain(place.dataDir)
  expect(said.text).not.toContain('    at ')
  expect(readdirSync(place.dataDir).toSorted()).toEqual(['admin-token', 'join-token'])
})

it.runIf(canBeNobody)('says that the database is damaged, and leaves it as it is', async () => {
  await using place = scratch()
  own(place.dataDir, 'fornax.db', 'this is no database, and it is long enough to be looked at as one'.repeat(100))
  const said = await startCore(place.dataDir)
  expect(said.code).toBe(1)
  expect(said.text).toMatch(/fornax\.db/)
  expect(said.text).not.toContain('    at ')
})

it.runIf(canBeNobody)('says that a port is taken, and which', async () => {
  await using place = scratch()
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const address = other.address()
  const port = typeof address === 'object' ? String(address?.port) : ''
  const said = await startCore(place.dataDir, { FORNAX_API_PORT: port })
  other.close()
  expect(said.code).toBe(1)
  expect(said.text).toContain(port)
  expect(said.text).not.toContain('    at ')
})

it.runIf(canBeNobody)('says that the token file cannot be read, and what to do', async () => {
  await using place = scratch()
  chownSync(join(place.dataDir, 'admin-token'), 0, 0)
  const said = await startCore(place.dataDir)
  expect(said.code).toBe(1)
  expect(said.text).toMatch(/admin token cannot be read from .*admin-token.*FORNAX_TOKEN_FILE/s)
})

it.each([
  ['FORNAX_APIPORT', '4000', 'Did you mean FORNAX_API_PORT?'],
  ['FORNAX_API_PORT', '70000', 'a port number'],
  ['FORNAX_DURABILITY', 'paper', 'FORNAX_DURABILITY'],
])('refuses the setting %s=%s with what would be right', async (name, value, remedy) => {
  await using place = scratch()
  const said = await startCore(place.dataDir, { [name]: value })
  expect(said.code).toBe(1)
  expect(said.text).toContain(remedy)
})

/** A data folder with the two secrets, all of it the unprivileged user's. */
function scratch(): { dataDir: string } & AsyncDisposable {
  const dataDir = mkdtempSync(join(tmpdir(), 'fornax-start-'))
  mkdirSync(dataDir, { recursive: true })
  for (const name of ['admin-token', 'join-token']) own(dataDir, name, 'a secret that is long enough')
  if (canBeNobody) chownSync(dataDir, NOBODY, NOBODY)
  return {
    dataDir,
    [Symbol.asyncDispose]: async () => {
      chmodSync(dataDir, 0o755)
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

function own(dataDir: string, name: string, text: string): void {
  const file = join(dataDir, name)
  writeFileSync(file, text, { mode: 0o600 })
  if (canBeNobody) chownSync(file, NOBODY, NOBODY)
}

async function startCore(
  dataDir: string,
  settings: Record<string, string> = {},
): Promise<{ readonly code: number | null; readonly text: string }> {
  const core = spawn(process.execPath, ['apps/core/src/main.ts'], {
    cwd: ROOT,
    env: {
      PATH: process.env['PATH'],
      FORNAX_DATA_DIR: dataDir,
      FORNAX_API_PORT: '0',
      FORNAX_NODELINK_PORT: '0',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(canBeNobody ? { uid: NOBODY, gid: NOBODY } : {}),
  })
  const said: string[] = []
  for (const stream of [core.stdout, core.stderr]) stream.on('data', (bytes: Buffer) => said.push(bytes.toString()))
  const late = setTimeout(() => core.kill('SIGKILL'), 30_000)
  await once(core, 'close')
  clearTimeout(late)
  return { code: core.exitCode, text: said.join('') }
}
