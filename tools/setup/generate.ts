/** `npm run generate`: generated code, brought up to date. */
import { generateCode } from './prepare.ts'

const prepared = await generateCode()
if (prepared.kind === 'failed') {
  console.error(prepared.message)
  process.exitCode = 1
}
