/**
 * Writes the next migration for both databases after the models have changed:
 * `npm run migration -w @fornax/prisma -- add_quotas`. Read what it wrote before you keep it.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findPostgres, startPostgres } from './postgres.ts'
import { missingPostgresMigration, missingSqliteMigration, PRISMA_FOLDER } from './schema-engine.ts'

const name = process.argv[2]
if (name === undefined || !/^[a-z][a-z0-9_]*$/.test(name)) throw new Error('name the migration, as in `add_quotas`')
const programs = findPostgres()
if (programs === null) throw new Error('PostgreSQL is needed to write its migration: apt-get install postgresql')

const folder = `${new Date().toISOString().slice(0, 19).replaceAll(/\D/g, '')}_${name}`
await using server = await startPostgres(programs)
const missing = {
  sqlite: await missingSqliteMigration(),
  postgresql: await missingPostgresMigration(await server.newDatabase()),
}
for (const [provider, sql] of Object.entries(missing)) {
  // Both get one, so that their histories have the same names.
  const path = join(PRISMA_FOLDER, provider, 'migrations', folder)
  mkdirSync(path, { recursive: true })
  writeFileSync(join(path, 'migration.sql'), sql === '' ? '-- Nothing to do here.\n' : sql)
  writeFileSync(join(path, '..', 'migration_lock.toml'), `provider = "${provider}"\n`)
  console.log(`prisma/${provider}/migrations/${folder}/migration.sql`)
}
