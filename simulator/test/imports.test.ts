import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { isRefusedImport } from '../src/imports.ts'

const IMPORTS = join(import.meta.dirname, '../src/imports.ts')
const CORE = '@fornax/core'

it.each([
  'graphql',
  '@apollo/server',
  'graphql-ws',
  'ws',
  '@prisma/client',
  '@fornax/prisma/sqlite',
  'pg',
  'node:sqlite',
])('a world must not load %s', (name) => expect(isRefusedImport(name)).toBe(true))

it('loading the core with its edges is refused where a world runs', async () => {
  expect(await loading(`${CORE}/core`)).toContain('must not be loaded by a simulation')
  expect(await loading(`${CORE}/store/open-store`)).toContain('must not be loaded by a simulation')
})

it('everything that a world needs loads without them', async () => {
  expect(await loading(join(import.meta.dirname, '../src/run-world.ts'))).toBe('loaded')
})

async function loading(module: string): Promise<string> {
  const code = `
    const { refuseImports } = await import(${JSON.stringify(IMPORTS)})
    refuseImports()
    await import(${JSON.stringify(module)}).then(() => console.log('loaded'), (error) => console.log(error.message))`
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', code]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname })
  return stdout.trim()
}
