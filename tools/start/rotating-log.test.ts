import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { RotatingLog } from './rotating-log.ts'

it('never takes more room than its bound, and keeps the newest lines whole', () => {
  using folder = scratch()
  const path = join(folder.path, 'part.log')
  using log = new RotatingLog({ path, bytesMax: 100, oldFilesMax: 2 })
  for (let line = 0; line < 1_000; line += 1) log.write(`line ${line}\n`)
  expect(readdirSync(folder.path).toSorted()).toEqual(['part.log', 'part.log.1', 'part.log.2'])
  for (const name of readdirSync(folder.path)) expect(statSync(join(folder.path, name)).size).toBeLessThanOrEqual(100)
  const kept = ['part.log.2', 'part.log.1', 'part.log'].flatMap((name) =>
    readFileSync(join(folder.path, name), 'utf8').trimEnd().split('\n'),
  )
  expect(kept).toEqual(Array.from({ length: kept.length }, (_, index) => `line ${1_000 - kept.length + index}`))
})

it('goes on where an earlier run stopped', () => {
  using folder = scratch()
  const path = join(folder.path, 'part.log')
  for (const line of ['first\n', 'second\n']) {
    using log = new RotatingLog({ path, bytesMax: 100, oldFilesMax: 2 })
    log.write(line)
  }
  expect(readFileSync(path, 'utf8')).toBe('first\nsecond\n')
})

function scratch() {
  const path = mkdtempSync(join(tmpdir(), 'fornax-log-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) }
}
