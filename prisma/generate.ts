/** Generates the database clients, one per provider, without the network. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const CLI = fileURLToPath(import.meta.resolve('prisma/build/index.js'))

for (const provider of ['sqlite', 'postgresql']) {
  const { status, error, stdout, stderr } = spawnSync(process.execPath, [CLI, 'generate', '--no-hints'], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
    env: {
      ...process.env,
      FORNAX_PRISMA_PROVIDER: provider,
      // Generating needs no engine. Naming one keeps the command line tool from downloading it.
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      CHECKPOINT_DISABLE: '1',
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
    },
  })
  if (status !== 0) throw new Error(`the ${provider} client was not generated\n${stdout}${stderr}`, { cause: error })
}
