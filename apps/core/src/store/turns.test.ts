import { expect, it } from 'vitest'
import { Turns } from './turns.ts'

it('lets one in after the other, in the order of asking', async () => {
  const turns = new Turns()
  const seen: string[] = []
  const visit = async (name: string): Promise<void> => {
    seen.push(`${name} in`)
    await Promise.resolve()
    seen.push(`${name} out`)
  }
  const end = await turns.begin()
  const visits = ['a', 'b', 'c'].map((name) => turns.take(() => visit(name)))
  expect(seen).toEqual([])
  end()
  end() // Twice is once.
  await Promise.all(visits)
  expect(seen).toEqual(['a in', 'a out', 'b in', 'b out', 'c in', 'c out'])
})

it('lets the next one in when one fails', async () => {
  const turns = new Turns()
  const failing = turns.take(() => Promise.reject(new Error('no')))
  const next = turns.take(() => Promise.resolve('yes'))
  await expect(failing).rejects.toThrow('no')
  expect(await next).toBe('yes')
})
