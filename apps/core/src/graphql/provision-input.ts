/** From the inputs of files, secrets and the way of images to the words of the core. */
import type { InputProblem } from '../applications/input-problem.ts'
import type { Provision, SecretUse } from '../applications/provision.ts'
import type { ApplicationVersionInput, SecretUseInput } from './generated/resolver-types.ts'

type ParsedProvision =
  | { readonly kind: 'value'; readonly value: Provision | null }
  | { readonly kind: 'invalid'; readonly problem: InputProblem }

/** Null: it asks for nothing. */
export function toProvision(input: ApplicationVersionInput): ParsedProvision {
  const files = (input.files ?? []).map(({ path, content }) => ({ path, content }))
  const imagePullSecrets = input.imagePullSecrets ?? []
  const { imagePullPolicy } = input
  const secrets: SecretUse[] = []
  for (const [index, one] of (input.secrets ?? []).entries()) {
    const use = toSecretUse(one)
    if (use !== null) secrets.push(use)
    else {
      const field = `secrets[${index}]`
      const message = `${field} must have either env or path`
      return { kind: 'invalid', problem: { field: `version.${field}`, message } }
    }
  }
  const isNothing = files.length + secrets.length + imagePullSecrets.length === 0 && imagePullPolicy === 'ifNotPresent'
  return { kind: 'value', value: isNothing ? null : { files, secrets, imagePullPolicy, imagePullSecrets } }
}

function toSecretUse({ secret, env, path }: SecretUseInput): SecretUse | null {
  const hasEnv = env !== null && env !== undefined
  const hasPath = path !== null && path !== undefined
  if (hasEnv && !hasPath) return { secret, as: { kind: 'env', name: env } }
  return hasPath && !hasEnv ? { secret, as: { kind: 'file', path } } : null
}
