import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { withAccessTables } from './access-docs.ts'

it('docs/access.md has the rules as they are; if not: npm run docs -w @fornax/core', () => {
  const document = readFileSync(join(import.meta.dirname, '../../../../docs/access.md'), 'utf8')
  expect(document).toBe(withAccessTables(document))
})
