/** Files, secrets and images of versions as clients see them: what they are, and nothing of what is in them. */
import { hash } from 'node:crypto'
import type { ApplicationVersionResolvers, NodeImageResolvers } from './generated/resolver-types.ts'
import { toDateTime } from './scalars.ts'

type Fields = 'files' | 'imagePullPolicy' | 'imagePullSecrets' | 'secrets'

export const provisionFields: Pick<ApplicationVersionResolvers, Fields> = {
  files: ({ spec: { provision } }) =>
    (provision?.files ?? []).map(({ path, content }) => ({
      path,
      sha256: hash('sha256', content, 'hex'),
      sizeBytes: Buffer.byteLength(content),
    })),
  imagePullPolicy: ({ spec: { provision } }) => provision?.imagePullPolicy ?? 'ifNotPresent',
  imagePullSecrets: ({ spec: { provision } }) => provision?.imagePullSecrets ?? [],
  secrets: ({ spec: { provision } }) =>
    (provision?.secrets ?? []).map(({ secret, as }) => ({
      secret,
      env: as.kind === 'env' ? as.name : null,
      path: as.kind === 'file' ? as.path : null,
    })),
}

export const imageTypes: { readonly NodeImage: NodeImageResolvers } = {
  NodeImage: {
    message: ({ message }) => (message === '' ? null : message),
    since: ({ sinceMs }) => toDateTime(sinceMs),
  },
}
