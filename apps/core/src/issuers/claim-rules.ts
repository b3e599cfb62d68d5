/** From what an issuer says of somebody to a tenant and a role here; refused when it says too little. */
import type { Issuer } from '@fornax/settings/issuers-file'
import { ROLES, type Role } from '../tenants/tenant.ts'

export type Claims = Readonly<Record<string, unknown>>

export type Mapped =
  | { readonly kind: 'mapped'; readonly tenant: string; readonly role: Role; readonly name: string }
  | { readonly kind: 'refused'; readonly why: string }

/** What the claims of a token mean, by the rules that were set for its issuer. */
export function mapClaims(issuer: Pick<Issuer, 'tenant' | 'role' | 'nameClaim'>, claims: Claims): Mapped {
  const tenant = tenantOf(issuer.tenant, claims)
  if (tenant === null) return { kind: 'refused', why: 'no claim of it names a tenant' }
  const role = roleOf(issuer.role, claims)
  if (role === null) return { kind: 'refused', why: 'no claim of it names a role' }
  const [name = ''] = [...valuesAt(claims, issuer.nameClaim), ...valuesAt(claims, 'sub')]
  return { kind: 'mapped', tenant, role, name: name.slice(0, NAME_CHARACTERS_MAX) }
}

const NAME_CHARACTERS_MAX = 128

function tenantOf(rule: Issuer['tenant'], claims: Claims): string | null {
  if ('always' in rule) return rule.always
  const { values } = rule
  const said = valuesAt(claims, rule.claim)
  const meant = values === undefined ? said : said.flatMap((value) => own(values, value) ?? [])
  return meant.length === 1 ? (meant[0] ?? null) : null // Two tenants at once is nobody's.
}

function roleOf(rule: Issuer['role'], claims: Claims): Role | null {
  if ('always' in rule) return rule.always
  const meant = valuesAt(claims, rule.claim).flatMap((value) => own(rule.values, value) ?? [])
  return ROLES.find((role) => meant.includes(role)) ?? rule.otherwise ?? null
}

/** Not what every object has, as `constructor`. */
function own<T>(table: Readonly<Record<string, T>>, key: string): T | null {
  return Object.hasOwn(table, key) ? (table[key] ?? null) : null
}

/** A claim is a text or several; one inside others is named by all of them. */
function valuesAt(claims: Claims, path: string): readonly string[] {
  const whole = claims[path]
  const found = whole === undefined ? path.split('.').reduce<unknown>(inside, claims) : whole
  const all: readonly unknown[] = Array.isArray(found) ? found : [found]
  return all.filter((value) => typeof value === 'string' && value !== '').map(String)
}

function inside(object: unknown, key: string): unknown {
  return typeof object === 'object' && object !== null && Object.hasOwn(object, key)
    ? Object.entries(object).find(([name]) => name === key)?.[1]
    : undefined
}
