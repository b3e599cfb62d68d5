/** How machines become nodes: tokens, identities, and the authority behind them. For the operator. */
import type {
  ComputeNodeIdentityResolvers,
  JoinTokenResolvers,
  MutationResolvers,
  QueryResolvers,
} from './generated/resolver-types.ts'
import type { NodeIdentity } from '../nodes/node-identity.ts'
import type { RequestContext } from './context.ts'
import { isDnsLabel } from '../applications/version-rules.ts'
import { badInput } from './bad-input.ts'
import { computeNodeNotFound } from './problems.ts'
import { toDateTime } from './scalars.ts'
import { visibleNode, type VisibleNode } from './visibility.ts'

const TOKEN_LIFE_MS_MAX = 30 * 24 * 60 * 60 * 1_000

export const admissionQueries: Required<Pick<QueryResolvers, 'joinTokens'>> = {
  joinTokens: (_root, _args, { core }) =>
    [...core.admissions.tokens()].toSorted((a, b) => b.createdAtMs - a.createdAtMs || (a.id < b.id ? -1 : 1)),
}

type Mutation = 'createJoinToken' | 'revokeJoinToken' | 'revokeComputeNode' | 'rotateNodeAuthority'

export const admissionMutations: Required<Pick<MutationResolvers, Mutation>> = {
  createJoinToken: async (_root, { input: { nodeName, validForMs } }, context) => {
    if (validForMs < 1 || validForMs > TOKEN_LIFE_MS_MAX)
      throw badInput(`validForMs is ${validForMs}; 1 to ${TOKEN_LIFE_MS_MAX} is needed.`)
    if (typeof nodeName === 'string' && !isDnsLabel(nodeName))
      throw badInput('nodeName must be a DNS label: lower-case letters, digits and dashes; at most 63.')
    const created = await context.core.admissions.createToken({ nodeName: nodeName ?? null, lifeMs: validForMs })
    if (created === null) return { joinToken: null, text: null, problem: TOO_MANY }
    const { token, text } = created
    context.change = { before: null, after: { id: token.id, nodeName: token.nodeName, expiresAtMs: token.expiresAtMs } }
    return { joinToken: token, text, problem: null }
  },
  revokeJoinToken: async (_root, { input: { id } }, { core }) => {
    const joinToken = await core.admissions.revokeToken(id)
    const message = `There is no join token "${id}".`
    const problem = joinToken === null ? ({ __typename: 'JoinTokenNotFound', message } as const) : null
    return { joinToken, problem }
  },
  revokeComputeNode: async (_root, { input: { name } }, context) => {
    const { core, scope } = context
    const before = core.admissions.identity(name)
    const identity = await core.admissions.revokeNode(name)
    if (identity === null) return { computeNode: null, problem: computeNodeNotFound(name) }
    context.change = {
      before: { revokedAtMs: before?.revokedAtMs ?? null },
      after: { revokedAtMs: identity.revokedAtMs },
    }
    return { computeNode: visibleNode(core.fleet, scope, name), problem: null }
  },
  rotateNodeAuthority: async (_root, _args, context) => {
    const result = await context.core.admissions.rotateAuthority()
    if (result.kind === 'broughtFromOutside') return { pin: null, problem: FROM_OUTSIDE }
    if (result.kind === 'underWay') return { pin: null, problem: rotationUnderWay(result.untilMs) }
    context.change = { before: null, after: { pin: result.pin } }
    return { pin: result.pin, problem: null }
  },
}

const TOO_MANY = {
  __typename: 'TooManyJoinTokens',
  message: 'There are very many join tokens that nobody has used; take some back first.',
} as const

function rotationUnderWay(untilMs: number) {
  const until = toDateTime(untilMs)
  const message = `The last rotation is under way until ${until}: nodes that have not renewed since know only the authority before it. Ask again then.`
  return { __typename: 'AuthorityRotationUnderWay', until, message } as const
}

const FROM_OUTSIDE = {
  __typename: 'AuthorityFromOutside',
  message: 'The authority was brought from outside: bring the new one in FORNAX_NODE_CA_FILE, before the old one.',
} as const

export const admissionTypes: {
  readonly ComputeNodeIdentity: ComputeNodeIdentityResolvers
  readonly JoinToken: JoinTokenResolvers
} = {
  ComputeNodeIdentity: {
    certificateExpiresAt: ({ expiresAtMs }) => toDateTime(expiresAtMs),
    certificateIssuedAt: ({ issuedAtMs }) => toDateTime(issuedAtMs),
    joinedAt: ({ joinedAtMs }) => toDateTime(joinedAtMs),
    revokedAt: ({ revokedAtMs }) => toDateTime(revokedAtMs),
  },
  JoinToken: {
    createdAt: ({ createdAtMs }) => toDateTime(createdAtMs),
    expiresAt: ({ expiresAtMs }) => toDateTime(expiresAtMs),
    usedAt: ({ usedAtMs }) => toDateTime(usedAtMs),
  },
}

/** A field of the type whose others are in `compute-nodes.resolvers.ts`. */
export function nodeIdentity({ view }: VisibleNode, _args: object, { core }: RequestContext): NodeIdentity | null {
  return core.admissions.identity(view.registered.name)
}
