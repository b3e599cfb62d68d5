import { describe, expect, it } from 'vitest'
import { ATTACKS } from './all-attacks.ts'
import { outcomeOf, type AttackResult } from './attack.ts'

describe('an attack whose pod was refused', () => {
  it.each(ATTACKS)('shows nothing if it is for want of something else: $name', ({ judge = outcomeOf }) => {
    expect(() => judge(refused('no such image'))).toThrow('there was no pod to attack from: no such image')
  })

  it.each(['process', 'bubblewrap'])(
    'is denied by the %s runtime if it wanted a writable root, and no other is',
    (name) => {
      const reason = `the ${name} runtime cannot make the root of a pod writable: that takes an OCI image and containerd`
      const denied = ATTACKS.filter(({ judge = outcomeOf }) => isDenied(() => judge(refused(reason))))
      expect(denied.map(({ version }) => version?.hasWritableRoot)).toEqual([true])
    },
  )
})

function isDenied(judge: () => string): boolean {
  try {
    return judge() === 'denied'
  } catch {
    return false
  }
}

function refused(reason: string): AttackResult {
  return { end: null, said: null, refusal: reason, wasEnded: false, wasHeard: [] }
}
