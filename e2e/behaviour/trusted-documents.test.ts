/** A core that answers registered documents alone, with the file that `fornax documents manifest` makes. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import * as ofClient from '@fornax/client/generated/documents'
import { expect, it } from 'vitest'
import * as ofConsole from '../../apps/console/src/graphql/generated/documents.ts'
import { Cluster, ROOT } from './cluster.ts'

const FORNAX = join(ROOT, 'apps/cli/bin/fornax.mjs')
const run = promisify(execFile)
const OWN_DOCUMENT = 'query Mine { viewer { ...Who } }'
const OWN_FRAGMENT = 'fragment Who on Viewer { role }'

it('answers the console, the command line and what was registered beside them, and nothing else', async () => {
  await using place = scratchPlace()
  writeFileSync(join(place.folder, 'mine.graphql'), OWN_DOCUMENT)
  writeFileSync(join(place.folder, 'parts.graphql'), OWN_FRAGMENT)
  const file = join(place.folder, 'trusted.json')
  await run(process.execPath, [FORNAX, 'documents', 'manifest', place.folder, '-o', file])
  await using cluster = await Cluster.start({ nodes: [], coreSettings: { FORNAX_TRUSTED_DOCUMENTS_FILE: file } })

  const own = [...operationsOf(ofClient), ...operationsOf(ofConsole)]
  expect(own.length).toBeGreaterThan(80)
  for (const query of own) expect(await isTrusted(cluster, query), query).toBe(true)
  expect(await isTrusted(cluster, `${OWN_FRAGMENT} ${OWN_DOCUMENT}`)).toBe(true)
  expect(await isTrusted(cluster, '{ viewer { role } }')).toBe(false)
  expect(await isTrusted(cluster, '{ __schema { types { name } } }')).toBe(false)

  const as = { env: { FORNAX_API_URL: cluster.apiUrl, FORNAX_TOKEN: cluster.token, PATH: process.env['PATH'] ?? '' } }
  for (const words of [
    ['get', 'nodes'],
    ['tenant', 'create', 'acme'],
    ['token', 'create', 'deploy', '--role', 'ci', '--tenant', 'acme'],
    ['audit', 'verify'],
  ])
    await run(process.execPath, [FORNAX, ...words], as)
})

/** Every operation of a file of generated documents, as it is sent. */
function operationsOf(documents: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(documents)
    .filter(([name]) => name.endsWith('Document'))
    .map(([, document]) => String(document))
}

/** Whether the core lets the document in; that it then lacks its variables is another matter. */
async function isTrusted({ apiUrl, token }: Cluster, query: string): Promise<boolean> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
  const answer = await fetch(apiUrl, { method: 'POST', headers, body: JSON.stringify({ query }) })
  return !(await answer.text()).includes('UNTRUSTED_DOCUMENT')
}

function scratchPlace() {
  const folder = mkdtempSync(join(tmpdir(), 'fornax-trusted-'))
  return { folder, [Symbol.asyncDispose]: async () => rmSync(folder, { recursive: true, force: true }) }
}
