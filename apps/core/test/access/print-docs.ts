/** Prints the tables of docs/access.md anew: `npm run docs -w @fornax/core`. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withAccessTables } from './access-docs.ts'

const file = join(import.meta.dirname, '../../../../docs/access.md')
writeFileSync(file, withAccessTables(readFileSync(file, 'utf8')))
