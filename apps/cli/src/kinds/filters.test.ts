import { expect, it } from 'vitest'
import { CliError } from '../cli-error.ts'
import { parsePair, toFilters } from './filters.ts'

const sessions = {
  plural: 'sessions',
  filters: ['application', 'phase', 'selector'],
  phases: ['PENDING', 'IN_USE', 'CLOSED'],
} as const

it.each(['IN_USE', 'in-use', 'inUse', 'InUse', 'inuse'])('knows the phase %s', (phase) => {
  expect(toFilters({ phase: [phase] }, sessions).phases).toEqual(['IN_USE'])
})

it('takes several phases and labels, with commas or one by one', () => {
  const filters = toFilters({ phase: ['pending,closed', 'in-use'], selector: ['a=1,b=2', 'c=x=y'] }, sessions)
  expect(filters.phases).toEqual(['PENDING', 'CLOSED', 'IN_USE'])
  expect(filters.labels).toEqual([
    { name: 'a', value: '1' },
    { name: 'b', value: '2' },
    { name: 'c', value: 'x=y' },
  ])
})

it('suggests the phase that was meant', () => {
  expect(remedyOf(() => toFilters({ phase: ['pendng'] }, sessions))).toBe('Did you mean Pending?')
})

it('refuses a filter that the kind does not have, and says which it has', () => {
  expect(remedyOf(() => toFilters({ node: 'n1' }, sessions))).toContain('--application, --phase, --selector')
})

it.each(['a', '=b', ''])('refuses "%s" as a pair', (text) => {
  expect(() => parsePair(text, '--env')).toThrow('is not of the form NAME=VALUE')
})

function remedyOf(act: () => unknown): string | null {
  try {
    act()
  } catch (error) {
    if (error instanceof CliError) return error.remedy
  }
  return null
}
