import { mkdtempSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
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
