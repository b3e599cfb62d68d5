import { describe, expect, it } from 'vitest'
import { mapClaims } from './claim-rules.ts'

const rules = {
  nameClaim: 'email',
  tenant: { claim: 'org', values: { 'acme-corp': 'acme', 'acme-labs': 'acme', globex: 'globex' } },
  role: { claim: 'realm_access.roles', values: { boss: 'admin' as const, dev: 'developer' as const } },
}
const good = { sub: 'u1', org: 'acme-corp', realm_access: { roles: ['dev'] } }

describe('claims', () => {
  it.each<[object, object]>([
    [{}, { kind: 'mapped', tenant: 'acme', role: 'developer', name: 'u1' }],
    [{ email: 'ann@acme.test' }, { name: 'ann@acme.test' }],
    [{ realm_access: { roles: ['dev', 'boss'] } }, { role: 'admin' }],
    [{ realm_access: { roles: 'boss' } }, { role: 'admin' }],
    [{ 'realm_access.roles': ['boss'] }, { role: 'admin' }],
    [{ org: ['globex'] }, { tenant: 'globex' }],
    [{ org: ['acme-corp', 'elsewhere'] }, { tenant: 'acme' }],
  ])('%j mean %j', (claims, mapped) => {
    expect(mapClaims(rules, { ...good, ...claims })).toMatchObject(mapped)
  })

  it.each<[object]>([
    [{ org: undefined }],
    [{ org: 'unheard-of' }],
    [{ org: ['acme-corp', 'globex'] }],
    [{ org: 7 }],
    [{ org: 'constructor' }],
    [{ realm_access: undefined }],
    [{ realm_access: { roles: [] } }],
    [{ realm_access: { roles: ['operator', '__proto__', 'constructor'] } }],
    [{ realm_access: 'dev' }],
  ])('%j mean nobody', (claims) => {
    expect(mapClaims(rules, { ...good, ...claims })).toMatchObject({ kind: 'refused' })
  })

  it('need not be asked where the rules say always, or what else', () => {
    const always = { ...rules, tenant: { always: 'acme' }, role: { ...rules.role, otherwise: 'viewer' as const } }
    expect(mapClaims(always, { sub: 'u2' })).toMatchObject({ tenant: 'acme', role: 'viewer' })
    expect(mapClaims({ ...always, role: { always: 'ci' } }, { sub: 'u2' })).toMatchObject({ role: 'ci' })
  })
})
