/** A database that cannot be used is refused in words that help, and is left as it was. */
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openTestStore, scratchFile, scratchFolder } from '../../test/support/store-databases.ts'
import { session } from '../../test/support/store-samples.ts'
import { StoreUnavailableError } from './store-error.ts'

const CHILD = fileURLToPath(new URL('../../test/support/open-once.ts', import.meta.url))
const NOBODY = 65_534
const isRoot = process.getuid?.() === 0

describe('a file that is no database of ours', () => {
  it('is refused when it is something else', async () => {
    const path = await scratchFile()
    writeFileSync(path, 'a letter to my aunt, '.repeat(1_000))
    await expectRefused(path, /is damaged.*Put back a backup/)
  })

  it('is refused when a page of it was overwritten', async () => {
    const path = await scratchFile()
    await fill(path, 200)
    const bytes = readFileSync(path)
    bytes.fill(0xa5, 20 * 4_096, 30 * 4_096)
    writeFileSync(path, bytes)
    await expectRefused(path, /is damaged/)
  })

  it('is refused when its end is missing', async () => {
    const path = await scratchFile()
    await fill(path, 200)
    truncateSync(path, 10 * 4_096)
    await expectRefused(path, /is damaged/)
  })

  it('is refused when it holds the tables of another program', async () => {
    const path = await scratchFile()
    alter(path, 'CREATE TABLE recipes (name TEXT)')
    await expectRefused(path, /belongs to something else \(recipes\)/)
  })

  it('is refused when a newer version has changed it', async () => {
    const path = await scratchFile()
    await fill(path, 1)
    alter(
      path,
      `INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name) VALUES ('x', 'y', 1, '99990101000000_future')`,
    )
    await expectRefused(path, /newer version of Fornax \(99990101000000_future\)/)
  })

  it('is refused when a migration by another tool did not end', async () => {
    const path = await scratchFile()
    await fill(path, 1)
    alter(path, 'UPDATE _prisma_migrations SET finished_at = NULL')
    await expectRefused(path, /was not finished/)
  })
})

describe('a folder that cannot be used', () => {
  it('is refused when it is a file', async () => {
    const folder = await scratchFolder()
    writeFileSync(join(folder, 'data'), '')
    await expect(openTestStore(`file:${join(folder, 'data', 'fornax.db')}`)).rejects.toThrow(StoreUnavailableError)
  })

  it('is refused when this user may not write to it', async () => {
    const folder = join(await scratchFolder(), 'data')
    mkdirSync(folder)
    chmodSync(folder, 0o555)
    chmodSync(join(folder, '..'), 0o755)
    const path = join(folder, 'fornax.db')
    expect(openAsNobody(path)).toMatchObject(notWritable(path))
    expect(readdirSync(folder)).toEqual([])
  })

  it('is refused when this user may not enter it', async () => {
    const folder = join(await scratchFolder(), 'data')
    mkdirSync(folder, { mode: 0o700 })
    chmodSync(join(folder, '..'), 0o755)
    if (!isRoot) chmodSync(folder, 0)
    onTestFinished(() => chmodSync(folder, 0o700))
    const path = join(folder, 'fornax.db')
    expect(openAsNobody(path)).toMatchObject(notWritable(path))
  })

  it('is refused when this user may only read the file in it', async () => {
    const path = await scratchFile()
    await fill(path, 1)
    chmodSync(path, 0o444)
    chmodSync(join(path, '..'), 0o755)
    expect(openAsNobody(path)).toMatchObject(notWritable(path))
  })

  it('is made when it is missing', async () => {
    const path = join(await scratchFolder(), 'a', 'b', 'fornax.db')
    await fill(path, 1)
    expect(readdirSync(join(path, '..'))).toEqual(['fornax.db'])
  })
})

describe.skipIf(!canMount())('a full disk', () => {
  it('refuses a new database, and leaves nothing of it behind', async () => {
    const folder = await smallDisk('64k')
    await expect(openTestStore(`file:${join(folder, 'fornax.db')}`)).rejects.toThrow(/disk .* is full.*Free some space/)
    expect(readdirSync(folder)).toEqual([])
  })

  it('fails what does not fit, keeps what was answered, and works again when there is room', async () => {
    const folder = await smallDisk('8m')
    const url = `file:${join(folder, 'fornax.db')}`
    const answered: string[] = []
    {
      await using store = await openTestStore(url)
      writeFileSync(join(folder, 'ballast'), Buffer.alloc(6 * 2 ** 20))
      const request = { ...session('').request, data: new Uint8Array(60_000).fill(7) }
      const record = async (id: string): Promise<void> => {
        await store.recordSessions([session(id, { request })])
        answered.push(id)
      }
      const failure: unknown = await (async () => {
        for (let number = 100; ; number += 1) await record(`ses-${number}`)
      })().catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(StoreUnavailableError)
      expect(answered.length).toBeGreaterThan(3)
      rmSync(join(folder, 'ballast'))
      await record('ses-999')
    }
    await using store = await openTestStore(url)
    expect((await store.start(1)).sessions.map(({ id }) => id).toSorted()).toEqual(answered)
  })
})

it('refuses a URL of a database that it does not know', async () => {
  await expect(openTestStore('mysql://me:secret@localhost/x')).rejects.toThrow(/DATABASE_URL names no database/)
  await expect(openTestStore('postgresql://')).rejects.toThrow(StoreUnavailableError)
})

/** Refused, with every byte as it was. */
async function expectRefused(path: string, message: RegExp): Promise<void> {
  const before = readFileSync(path)
  const refusal = await openTestStore(`file:${path}`).catch((error: unknown) => error)
  expect(refusal).toBeInstanceOf(StoreUnavailableError)
  expect(String(refusal)).toMatch(message)
  expect(readFileSync(path).equals(before)).toBe(true)
}

async function fill(path: string, sessions: number): Promise<void> {
  await using store = await openTestStore(`file:${path}`)
  await store.recordSessions(Array.from({ length: sessions }, (_, index) => session(`ses-${index}`)))
}

function alter(path: string, sql: string): void {
  const db = new DatabaseSync(path)
  db.exec(sql)
  db.close()
}

/** Root may do everything, so somebody else tries. */
function openAsNobody(path: string): unknown {
  const { stdout, stderr } = spawnSync(process.execPath, [CHILD, `file:${path}`], {
    encoding: 'utf8',
    ...(isRoot ? { uid: NOBODY, gid: NOBODY } : {}),
  })
  return stdout === '' ? stderr : JSON.parse(stdout)
}

function notWritable(path: string): object {
  return { name: 'StoreUnavailableError', message: expect.stringContaining(`${path} cannot be opened for writing`) }
}

async function smallDisk(size: string): Promise<string> {
  const folder = await scratchFolder()
  expect(spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]).status).toBe(0)
  onTestFinished(() => {
    spawnSync('umount', [folder])
  })
  return folder
}

function canMount(): boolean {
  return isRoot && spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0
}
