/** `npm run sbom [FILE]`: writes the software bill of materials, to the standard output without a file. */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { billOfMaterials } from './bill.ts'

const { text, components } = billOfMaterials(resolve(import.meta.dirname, '../..'))
const [file] = process.argv.slice(2)
if (file === undefined) process.stdout.write(text)
else {
  writeFileSync(file, text)
  console.log(`${file} lists ${components.length} packages.`)
}
