/** A data folder on a disk that is full. Only root may mount one that small. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { FornaxRun, scratchFolder } from './test/fornax-run.ts'

const mayMount = process.getuid?.() === 0 && spawnSync('unshare', ['--mount', 'true']).status === 0

it.skipIf(!mayMount)('a full disk is said before anything starts', async () => {
  using folder = scratchFolder()
  using disk = smallDisk(folder.path)
  disk.fill()
  await using run = new FornaxRun({ dataDir: disk.path })
  expect(await run.exitCode).toBe(1)
  expect(run.output).toContain('its disk is full')
  expect(run.notes('core')).toEqual([])
})

it.skipIf(!mayMount)('a disk that fills up later ends nothing that runs', async () => {
  using folder = scratchFolder()
  using disk = smallDisk(folder.path)
  await using run = new FornaxRun({ dataDir: disk.path, parts: ['lives', 'dies-once'] })
  await run.ready()
  disk.fill()
  run.child.kill('SIGINT')
  expect(await run.exitCode).toBe(0)
  expect(existsSync(join(disk.path, 'ready.json'))).toBe(false)
})

function smallDisk(folder: string) {
  const path = join(folder, 'disk')
  mkdirSync(path)
  expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'fornax-test', path]).status).toBe(0)
  const fill = (): void => {
    try {
      for (let block = 0; block < 1_000; block += 1) writeFileSync(join(path, `full-${block}`), 'x'.repeat(4_096))
    } catch {
      // It is full now, which was the aim.
    }
  }
  return { path, fill, [Symbol.dispose]: () => void spawnSync('umount', ['-l', path]) }
}
