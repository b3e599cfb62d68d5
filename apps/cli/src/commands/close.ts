/** `fornax close`: asks sessions to end. */
import { CloseSessionDocument } from '@fornax/client/generated/documents'
import { CliError } from '../cli-error.ts'
import { say, type CommandContext } from '../command-context.ts'
import { bareName } from '../kinds/all-kinds.ts'
import { sessionKind } from '../kinds/session-kind.ts'
import { toWord } from '../output/tone.ts'
import { each } from './each.ts'
import { errorOf, present } from '../problem.ts'

/** Each one is tried, also when another one fails. */
export async function closeSessions(context: CommandContext, words: readonly string[]): Promise<void> {
  const ids = words.map((word) => bareName(word, sessionKind))
  await each(ids, (id) => closeOne(context, id))
}

async function closeOne(context: CommandContext, id: string): Promise<void> {
  const variables = { input: { id } }
  const { closeSession } = await context.client.request(CloseSessionDocument, variables, { signal: context.signal })
  if (closeSession.problem?.code === 'SessionNotFound')
    throw new CliError(`session "${id}" not found`, 'The ones there are: fornax get sessions')
  if (closeSession.problem !== null) throw errorOf(closeSession.problem)
  const { phase } = present(closeSession.session, 'the session')
  say(context, `session/${id} ${toWord(phase).toLowerCase()}`)
}
