/** Reads credentials of image registries in the form of Docker's `config.json`. */
import { z } from 'zod'

/** By whom images of one registry are pulled. */
export type RegistryCredentials = {
  /** A host, with its port if it has one. */
  readonly registry: string
  readonly username: string
  readonly password: string
  /** Instead of a password, where a registry gives those out. */
  readonly identityToken: string
}

const account = z.object({
  username: z.string().default(''),
  password: z.string().default(''),
  /** `username:password` in base64, instead of the two. */
  auth: z.string().default(''),
  identitytoken: z.string().default(''),
})
const document = z.object({ auths: z.record(z.string(), account) })

/** Null: it is something else. */
export function credentialsIn(value: Uint8Array): readonly RegistryCredentials[] | null {
  const parsed = document.safeParse(parseJson(Buffer.from(value).toString('utf8')))
  if (!parsed.success) return null
  return Object.entries(parsed.data.auths).map(([registry, { username, password, auth, identitytoken }]) => ({
    registry: hostOf(registry),
    ...(auth === '' ? { username, password } : splitAuth(auth)),
    identityToken: identitytoken,
  }))
}

/** Docker writes its own registry as an address. */
function hostOf(registry: string): string {
  return registry.replace(/^https?:\/\//, '').replace(/\/.*$/, '')
}

function splitAuth(auth: string): { readonly username: string; readonly password: string } {
  const [username = '', ...rest] = Buffer.from(auth, 'base64').toString('utf8').split(':')
  return { username, password: rest.join(':') }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
