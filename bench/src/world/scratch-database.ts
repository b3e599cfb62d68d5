/** A database of its own for every core that the bench starts, beside the one that DATABASE_URL names. */
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { Client } from 'pg'

export type ScratchDatabase = AsyncDisposable & { readonly url: string }

/** Empty, and gone at the end. The one that the address names is left alone. */
export async function createScratchDatabase(databaseUrl: string): Promise<ScratchDatabase> {
  const name = `fornax_bench_${randomBytes(4).toString('hex')}`
  if (databaseUrl.startsWith('file:')) {
    const file = `${databaseUrl.slice('file:'.length)}.${name}`
    const remove = (): void => {
      for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true })
    }
    return { url: `file:${file}`, [Symbol.asyncDispose]: () => Promise.resolve(remove()) }
  }
  await run(databaseUrl, `CREATE DATABASE ${name}`)
  const url = new URL(databaseUrl)
  url.pathname = `/${name}`
  return { url: url.href, [Symbol.asyncDispose]: () => run(databaseUrl, `DROP DATABASE ${name} WITH (FORCE)`) }
}

async function run(databaseUrl: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
