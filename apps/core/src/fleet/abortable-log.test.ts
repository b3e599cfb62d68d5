import { expect, it } from 'vitest'
import { ChangeLog } from './change-log.ts'
import { abortable } from '@fornax/kernel/abortable'

it('stops a reader that waits on a silent log', async () => {
  const log = new ChangeLog<string>({ epoch: 1, capacity: 4 })
  const reader = abortable((signal) => log.follow('1.0', signal))
  const waiting = reader.next()
  await reader.return?.()
  expect(await waiting).toMatchObject({ done: true })
})
