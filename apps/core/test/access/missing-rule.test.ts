/** A copy of the core with one more field in its schema, and no rule for it: it does not pass the type check. */
import { execFile } from 'node:child_process'
import { cpSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { generate } from '@graphql-codegen/cli'
import { expect, it } from 'vitest'
import codegen from '../../../../codegen.ts'

const ROOT = resolve(import.meta.dirname, '../../../..')
const SCHEMA = 'apps/core/src/graphql/schema'
const TYPES = 'apps/core/src/graphql/generated/resolver-types.ts'

it('the core as it is passes', { timeout: 90_000 }, async () => {
  expect(await complaints('')).toBe('')
})

it.each([
  ['Query', 'unruledQuery'],
  ['Mutation', 'unruledMutation'],
  ['Subscription', 'unruledWatch'],
  ['ComputeNode', 'unruledOfNode'],
  ['Tenant', 'unruledOfTenant'],
  ['ApiToken', 'unruledOfToken'],
  ['User', 'unruledOfUser'],
])('a field of %s without a rule does not build, and is named', { timeout: 90_000 }, async (type, field) => {
  const said = await complaints(`extend type ${type} { ${field}: String }`)
  expect(said).toMatch(new RegExp(`^apps/core/src/graphql/guard.ts.*error TS.*${field}`, 's'))
})

/** What the compiler says of the guard when the schema is so extended. */
async function complaints(extension: string): Promise<string> {
  const place = mkdtempSync(join(tmpdir(), 'fornax-rules-'))
  try {
    cpSync(join(ROOT, 'apps/core/src'), join(place, 'apps/core/src'), { recursive: true })
    for (const shared of ['node_modules', 'apps/core/node_modules', 'apps/core/package.json'])
      if (existsSync(join(ROOT, shared))) symlinkSync(join(ROOT, shared), join(place, shared))
    const { compilerOptions } = JSON.parse(readFileSync(join(ROOT, 'tsconfig.json'), 'utf8')) as Record<string, object>
    const files = ['apps/core/src/graphql/guard.ts']
    writeFileSync(join(place, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
    writeFileSync(join(place, TYPES), await typesFor(extension))
    return await compile(place)
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

async function typesFor(extension: string): Promise<string> {
  const texts = globSync(join(ROOT, SCHEMA, '*.graphql')).map((file) => readFileSync(file, 'utf8'))
  const output = codegen.generates[TYPES]
  if (output === undefined) throw new Error(`codegen.ts says nothing of ${TYPES}`)
  const { hooks = {} } = codegen
  const config = { schema: [...texts, extension].join('\n'), generates: { [TYPES]: output }, hooks, silent: true }
  const [made]: unknown[] = await generate(config, false)
  const { content } = Object(made) as { readonly content: unknown }
  if (typeof content !== 'string') throw new Error('no types were generated')
  return content.replaceAll(/^export \{/gm, 'export type {')
}

function compile(place: string): Promise<string> {
  const tsc = join(ROOT, 'node_modules/.bin/tsc')
  return new Promise((done, failed) => {
    execFile(tsc, ['-p', 'tsconfig.json', '--pretty', 'false'], { cwd: place }, (error, out, err) =>
      error !== null && out === '' ? failed(new Error(`tsc did not run: ${err}`, { cause: error })) : done(out),
    )
  })
}
