import { expect, it } from 'vitest'
import { fewAtATime } from './few-at-a-time.ts'

it('runs so many at a time, in order, also when some fail', async () => {
  const few = fewAtATime(2)
  const begun: number[] = []
  const ends = Array.from({ length: 5 }, () => Promise.withResolvers<number>())
  const runs = ends.map(({ promise }, index) =>
    few(() => {
      begun.push(index)
      return promise
    }),
  )
  expect(begun).toEqual([0, 1])
  ends[1]?.reject(new Error('it failed'))
  await expect(runs[1]).rejects.toThrow('it failed')
  expect(begun).toEqual([0, 1, 2])
  for (const index of [0, 2, 3, 4]) ends[index]?.resolve(index)
  expect(await Promise.all([runs[0], runs[2], runs[3], runs[4]])).toEqual([0, 2, 3, 4])
  expect(begun).toEqual([0, 1, 2, 3, 4])
})
