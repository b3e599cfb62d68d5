/** `npm run complete-lock`, after adding a package: names the binaries of other platforms in the lock file. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { completeLock } from './lock-gaps.ts'
import { ROOT } from './prepare.ts'

const path = join(ROOT, 'package-lock.json')
const { text, added, unclear } = completeLock(readFileSync(path, 'utf8'))
writeFileSync(path, text)
console.log(`Named ${added.length} packages of other platforms.`)
for (const name of unclear) console.error(`The name ${name} does not say a platform; add its entry by hand.`)
process.exitCode = unclear.length === 0 ? 0 : 1
