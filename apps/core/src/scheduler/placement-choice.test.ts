import { assert, boolean, integer, property } from 'fast-check'
import { expect, it } from 'vitest'
import { NO_CHOICE, packChoice, unpackChoice } from './placement-choice.ts'

it('gives back what was packed', () => {
  assert(
    property(integer({ min: 0, max: 15 }), boolean(), integer({ min: 0, max: 255 }), (nodes, had, pods) => {
      const choice = { nodesCompared: nodes, hadVersion: had, podsOfApplication: pods }
      expect(unpackChoice(packChoice(nodes, had, pods))).toEqual(choice)
    }),
  )
})

it('says that nothing is known where nobody chose', () => {
  expect(unpackChoice(NO_CHOICE)).toBeNull()
})

it('stops counting pods at 255', () => {
  expect(unpackChoice(packChoice(3, true, 1_000))).toMatchObject({ podsOfApplication: 255, nodesCompared: 3 })
})
