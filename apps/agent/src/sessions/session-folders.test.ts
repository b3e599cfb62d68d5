import { chmodSync, mkdtempSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { asOrdinaryUser, giveToOrdinaryUser } from '../../test/support/ordinary-user.ts'
import { SessionFolders } from './session-folders.ts'

it.each(['', 'data', './data'])(
  'touches nothing below a folder that is not named by its whole path: "%s"',
  (dataDir) => {
    expect(() => new SessionFolders(dataDir)).toThrow('whole path')
  },
)

it('removes what pods left that nobody looks after, and nothing else', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'fx-'))
  const folders = new SessionFolders(dataDir)
  for (const podId of ['pod-1', 'pod-2']) folders.make(podId, null)
  mkdirSync(join(dataDir, 'other'))
  folders.keepOnly(new Set(['pod-1']))
  expect(['pod-1', 'pod-2'].map((podId) => existsSync(folders.pathOf(podId)))).toEqual([true, false])
  expect(existsSync(join(dataDir, 'other'))).toBe(true)
  rmSync(dataDir, { recursive: true })
})

it('removes what it can and tells of the rest, where a pod of our user keeps us from a part', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'fx-'))
  giveToOrdinaryUser(dataDir)
  const folders = new SessionFolders(dataDir)
  const inner = join(folders.pathOf('pod-1'), 'inner')
  const problems = asOrdinaryUser(() => {
    for (const podId of ['pod-1', 'pod-2']) folders.make(podId, null)
    mkdirSync(join(inner, 'deep'), { recursive: true })
    chmodSync(inner, 0o500)
    return folders.keepOnly(new Set())
  })
  expect(problems).toMatchObject([{ podId: 'pod-1', err: { code: 'EACCES' } }])
  expect(['pod-1', 'pod-2'].map((podId) => existsSync(folders.pathOf(podId)))).toEqual([true, false])
  chmodSync(inner, 0o700)
  rmSync(dataDir, { recursive: true })
})
