/**
 * Who may vouch for people and programs besides us: issuers of OpenID Connect, from the file that FORNAX_OIDC_FILE
 * names. The core checks their tokens; the console sends people there to log in. docs/access.md has an example.
 */
import { readFileSync } from 'node:fs'
import { z } from 'zod'

const ROLES = ['operator', 'admin', 'developer', 'viewer', 'gateway', 'ci'] as const
const name = z.string().min(1).max(128)
/** A claim, or one inside another, as in `realm_access.roles`. */
const claim = z.string().min(1).max(256)

const tenant = z.union([
  z.strictObject({ always: name }),
  /** `values`: which tenant each value of the claim means; without it the value is the name of the tenant. */
  z.strictObject({ claim, values: z.record(z.string(), name).optional() }),
])

const role = z.union([
  z.strictObject({ always: z.enum(ROLES) }),
  /** Of several that match, the one that may most. `otherwise`: for whom none does; without it they are refused. */
  z.strictObject({ claim, values: z.record(z.string(), z.enum(ROLES)), otherwise: z.enum(ROLES).optional() }),
])

const login = z.strictObject({
  clientId: z.string().min(1),
  /** Of a confidential client; without it the client is public, and PKCE alone protects the code. */
  clientSecretFile: z.string().min(1).optional(),
  scope: z.string().default('openid profile email'),
})

const issuer = z.strictObject({
  /** Unique; as people read it, and as the address of the login names it. */
  name: name.regex(/^[a-z0-9][a-z0-9-]*$/, 'lower-case letters, digits and dashes'),
  label: name.optional(),
  /** As its tokens name it; what it publishes is found from there. */
  issuer: z.url({ protocol: /^https?$/ }),
  /** A token must be meant for one of these. */
  audiences: z.array(z.string().min(1)).min(1),
  /** The claim that names who it is, for people. */
  nameClaim: claim.default('email'),
  tenant,
  role,
  /** By how much the clocks of issuer and core may differ. */
  clockSkewSeconds: z.number().min(0).max(300).default(30),
  /** With it, people log in to the console there. */
  login: login.optional(),
})

const file = z
  .strictObject({ issuers: z.array(issuer).max(32) })
  .refine(
    ({ issuers }) => new Set(issuers.map((one) => one.name)).size === issuers.length,
    'two issuers have the same name',
  )

export type Issuer = z.output<typeof issuer>

/** What is wrong with the file, in words for whoever wrote it. */
export class IssuersFileError extends Error {
  override readonly name = 'IssuersFileError'
}

/** The issuers of the file; none when there is no file. Throws an `IssuersFileError` that says what to do. */
export function readIssuers(path: string | null): readonly Issuer[] {
  if (path === null) return []
  let content: unknown
  try {
    content = JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    const message = `the issuers in ${path} cannot be read: write a JSON file there, or change FORNAX_OIDC_FILE`
    throw new IssuersFileError(message, { cause })
  }
  const parsed = file.safeParse(content)
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path: at, message }) => `${at.join('.') || 'the file'}: ${message}`)
    throw new IssuersFileError(`the issuers in ${path} cannot be used: ${problems.join('; ')}`)
  }
  const plain = parsed.data.issuers.find((one) => !isSafe(one.issuer))
  if (plain === undefined) return parsed.data.issuers
  throw new IssuersFileError(`the issuer ${plain.issuer} in ${path} must be reached by https: keys could be exchanged`)
}

/** Who speaks plain HTTP can be imitated, unless both are on this machine. */
function isSafe(address: string): boolean {
  const { protocol, hostname } = new URL(address)
  return protocol === 'https:' || hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]'
}
