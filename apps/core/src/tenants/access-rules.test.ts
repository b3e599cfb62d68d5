import { describe, expect, it } from 'vitest'
import {
  hasRole,
  isOperation,
  mayDo,
  mayGrant,
  neededRole,
  OPERATIONS,
  PEOPLE,
  seesTenant,
  type PersonRole,
} from './access-rules.ts'
import { ROLES, type Role } from './tenant.ts'

const mine = (role: Role) => ({ role, tenantId: 'ten-a' })

describe('roles', () => {
  it.each<[Role, readonly PersonRole[]]>([
    ['operator', ['operator', 'admin', 'developer', 'viewer']],
    ['admin', ['admin', 'developer', 'viewer']],
    ['developer', ['developer', 'viewer']],
    ['viewer', ['viewer']],
    ['gateway', []],
    ['ci', []],
  ])('%s may do what %j may', (role, roles) => {
    expect(PEOPLE.filter((needed) => hasRole(mine(role), needed))).toEqual(roles)
  })

  it('let nobody but the operator and the gateway look into another tenant', () => {
    expect(ROLES.filter((role) => seesTenant(mine(role), 'ten-b'))).toEqual(['operator', 'gateway'])
    expect(ROLES.filter((role) => seesTenant(mine(role), 'ten-a'))).toEqual(ROLES)
  })

  it('let nobody give more than they have, and programs nothing', () => {
    const given = (role: Role): readonly Role[] => ROLES.filter((other) => mayGrant(mine(role), other, 'ten-a'))
    expect(given('operator')).toEqual(ROLES)
    expect(given('admin')).toEqual(['admin', 'developer', 'viewer', 'ci'])
    expect([given('gateway'), given('ci')]).toEqual([[], []])
    for (const role of ROLES)
      for (const other of ROLES) expect(mayGrant(mine(role), other, 'ten-b')).toBe(role === 'operator')
  })

  it('are needed for every operation, and names that are none have no rule', () => {
    expect(neededRole('drainNode')).toBe('operator')
    expect(neededRole('openSession')).toBe('developer')
    expect(['openSession', 'watchPods', 'fleet'].every(isOperation)).toBe(true)
    expect(['toString', 'constructor', '', 'nothing'].some(isOperation)).toBe(false)
  })

  it('of programs change no more than the applications of their tenant', () => {
    const writes = (role: Role): readonly string[] =>
      OPERATIONS.filter((operation) => mayDo(role, operation) && !mayDo('viewer', operation))
    expect(writes('gateway')).toEqual([])
    expect(writes('ci')).toEqual([
      'createApplication',
      'deleteApplication',
      'publishApplicationVersion',
      'updateScalingPolicy',
    ])
    expect(OPERATIONS.filter((operation) => mayDo('ci', operation) && /session|pod/i.test(operation))).toEqual([])
  })
})
