/** `fornax node …`: how machines become nodes, and how they are put out. */
import {
  CreateJoinTokenDocument,
  JoinTokensDocument,
  RevokeComputeNodeDocument,
  RevokeJoinTokenDocument,
  RotateNodeAuthorityDocument,
  type JoinTokensQuery,
} from '@fornax/client/generated/documents'
import { note, say, type CommandContext } from '../command-context.ts'
import { ageOf, formatDuration } from '../output/age.ts'
import type { Format } from '../output/structured.ts'
import type { Column } from '../output/table.ts'
import { errorOf, present } from '../problem.ts'
import { printList } from './print-list.ts'

type JoinToken = JoinTokensQuery['joinTokens'][number]

const columns: readonly Column<JoinToken>[] = [
  { header: 'ID', cell: ({ id }) => id },
  { header: 'NODE', cell: ({ nodeName }) => nodeName ?? 'any' },
  { header: 'USED BY', cell: ({ usedBy }) => usedBy ?? '-' },
  { header: 'ENDS', cell: ({ expiresAt }) => expiresAt },
  { header: 'AGE', cell: ({ createdAt }, now) => ageOf(createdAt, now) },
]

export type JoinTokenFlags = { readonly node?: string; readonly validFor: number }

const nameOf = ({ id }: JoinToken): string => `join-token/${id}`

/** Only the token goes to the output, so that `fornax node join-token > file` works. */
export async function createJoinToken(context: CommandContext, flags: JoinTokenFlags): Promise<void> {
  const input = { validForMs: flags.validFor, ...(flags.node === undefined ? {} : { nodeName: flags.node }) }
  const answer = await context.client.request(CreateJoinTokenDocument, { input }, { signal: context.signal })
  const { problem, text, joinToken } = answer.createJoinToken
  if (problem !== null) throw errorOf(problem)
  say(context, present(text, 'the join token'))
  const whom = joinToken?.nodeName ?? 'one machine'
  note(context, `it lets ${whom} join once, within ${formatDuration(flags.validFor)}; it is shown only now`)
}

export async function listJoinTokens(context: CommandContext, format: Format): Promise<void> {
  const { joinTokens } = await context.client.request(JoinTokensDocument, {}, { signal: context.signal })
  await printList(context, { items: joinTokens, columns, kind: 'JoinToken', nameOf }, format)
}

export async function revokeJoinTokens(context: CommandContext, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const variables = { input: { id } }
    const answer = await context.client.request(RevokeJoinTokenDocument, variables, { signal: context.signal })
    if (answer.revokeJoinToken.problem !== null) throw errorOf(answer.revokeJoinToken.problem)
    say(context, `join-token/${id} revoked`)
  }
}

export async function revokeNodes(context: CommandContext, names: readonly string[]): Promise<void> {
  for (const name of names.map((word) => word.replace(/^node\//, ''))) {
    const variables = { input: { name } }
    const answer = await context.client.request(RevokeComputeNodeDocument, variables, { signal: context.signal })
    if (answer.revokeComputeNode.problem !== null) throw errorOf(answer.revokeComputeNode.problem)
    say(context, `node/${name} revoked`)
  }
}

export async function rotateAuthority(context: CommandContext): Promise<void> {
  const answer = await context.client.request(RotateNodeAuthorityDocument, { input: {} }, { signal: context.signal })
  const { problem, pin } = answer.rotateNodeAuthority
  if (problem !== null) throw errorOf(problem)
  say(context, `the authority of the nodes is a new one: ${present(pin, 'its pin')}`)
  note(context, 'nodes learn of it when they renew their certificates; the one before counts for two days more')
}
