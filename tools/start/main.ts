/** `npm start`: checks everything that can be checked, prepares, starts the parts, and stays until it is asked to end. */
import { startCommand } from './start-command.ts'

await startCommand()
