/** `npm start` over fake parts; each argument is the behaviour of one: core, agent, console. */
import { join } from 'node:path'
import { startCommand } from '../start-command.ts'

const program = join(import.meta.dirname, 'fake-part.ts')
const [core = 'lives', agent = 'lives', console = 'lives'] = process.argv.slice(2)

await startCommand({
  core: [program, 'core', core],
  agent: [program, 'agent', agent],
  console: [program, 'console', console],
})
