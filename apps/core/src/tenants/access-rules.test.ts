import { describe, expect, it } from 'vitest'
import { hasRole, isOperation, mayGrant, neededRole, seesTenant } from './access-rules.ts'
import { ROLES, type Role } from './tenant.ts'

const mine = (role: Role) => ({ role, tenantId: 'ten-a' })

describe('roles', () => {
  it.each<[Role, readonly Role[]]>([
    ['operator', ['operator', 'admin', 'developer', 'viewer']],
    ['admin', ['admin', 'developer', 'viewer']],
    ['developer', ['developer', 'viewer']],
    ['viewer', ['viewer']],
  ])('%s may do what %j may', (role, roles) => {
    expect(ROLES.filter((needed) => hasRole(mine(role), needed))).toEqual(roles)
  })

  it('let nobody but the operator look into another tenant', () => {
    expect(ROLES.filter((role) => seesTenant(mine(role), 'ten-b'))).toEqual(['operator'])
    expect(ROLES.filter((role) => seesTenant(mine(role), 'ten-a'))).toEqual(ROLES)
  })

  it('let nobody give more than they have', () => {
    for (const role of ROLES)
      for (const given of ROLES) {
        expect(mayGrant(mine(role), given, 'ten-a')).toBe(hasRole(mine(role), given))
        expect(mayGrant(mine(role), given, 'ten-b')).toBe(role === 'operator')
      }
  })

  it('are needed for every operation, and names that are none have no rule', () => {
    expect(neededRole('drainNode')).toBe('operator')
    expect(neededRole('openSession')).toBe('developer')
    expect(['openSession', 'watchPods', 'fleet'].every(isOperation)).toBe(true)
    expect(['toString', 'constructor', '', 'nothing'].some(isOperation)).toBe(false)
  })
})
