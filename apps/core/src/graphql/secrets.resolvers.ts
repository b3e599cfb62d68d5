/** Secrets: written here, and never read. */
import { unreachable } from '@fornax/kernel/assert'
import type { WriteSecretResult } from '../secrets/secret-directory.ts'
import { applicationsWith } from '../secrets/secret-users.ts'
import type { MutationResolvers, QueryResolvers, SecretResolvers } from './generated/resolver-types.ts'
import { invalidInput, revisionConflict, secretInUse, secretNameTaken, secretNotFound } from './problems.ts'
import { toDateTime } from './scalars.ts'

export const secretQueries: Required<Pick<QueryResolvers, 'secret' | 'secrets'>> = {
  secret: (_root, { name }, { core, viewer }) => core.secrets.named(viewer.tenantId, name),
  secrets: (_root, _args, { core, viewer }) => core.secrets.ofTenant(viewer.tenantId),
}

type Writes = 'createSecret' | 'updateSecret' | 'deleteSecret'

export const secretMutations: Required<Pick<MutationResolvers, Writes>> = {
  createSecret: async (_root, { input: { name, value: text } }, { core, viewer }) => {
    const value = bytesOf(text)
    if (value === null) return { secret: null, problem: invalidInput(NOT_BASE64) }
    const result = await core.secrets.create(viewer, { name, value })
    if (result.kind === 'written') return { secret: result.secret, problem: null }
    if (result.kind === 'nameTaken') return { secret: null, problem: secretNameTaken(result.name) }
    return { secret: null, problem: invalidInput(asInvalid(result)) }
  },
  updateSecret: async (_root, { input: { name, value: text, revision } }, { core, viewer }) => {
    const value = bytesOf(text)
    if (value === null) return { secret: null, problem: invalidInput(NOT_BASE64) }
    const result = await core.secrets.update(viewer, { name, value, revision: revision ?? null })
    if (result.kind === 'written') return { secret: result.secret, problem: null }
    if (result.kind === 'secretNotFound') return { secret: null, problem: secretNotFound(result.name) }
    if (result.kind === 'conflict') return { secret: null, problem: revisionConflict(result.currentRevision) }
    return { secret: null, problem: invalidInput(asInvalid(result)) }
  },
  deleteSecret: async (_root, { input: { name, revision } }, { core, viewer }) => {
    const result = await core.secrets.remove(viewer, { name, revision: revision ?? null })
    switch (result.kind) {
      case 'written':
        return { secret: result.secret, problem: null }
      case 'conflict':
        return { secret: null, problem: revisionConflict(result.currentRevision) }
      case 'inUse':
        return { secret: null, problem: secretInUse(name, result.applications) }
      case 'secretNotFound':
      case 'nameTaken':
      case 'invalid':
        return { secret: null, problem: secretNotFound(name) }
      default:
        return unreachable(result)
    }
  },
}

export const secretTypes: { readonly Secret: SecretResolvers } = {
  Secret: {
    createdAt: ({ createdAtMs }) => toDateTime(createdAtMs),
    updatedAt: ({ updatedAtMs }) => toDateTime(updatedAtMs),
    usedBy: ({ tenantId, name }, _args, { core }) => applicationsWith(core.fleet.applications(), tenantId, name),
  },
}

const NOT_BASE64 = { field: 'value', message: 'value is not base64' }

/** Null: it is not base64, and says nothing of what it is. */
function bytesOf(text: string): Uint8Array | null {
  return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)
    ? Buffer.from(text, 'base64')
    : null
}

/** What else a write can say is no outcome of this one. */
function asInvalid(result: WriteSecretResult): { readonly field: string; readonly message: string } {
  return result.kind === 'invalid' ? result : { field: 'name', message: `this cannot be done: ${result.kind}` }
}
