import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { finished } from 'node:stream/promises'
import { describe, expect, it } from 'vitest'
import { PartOutput, wordsFor } from './part-output.ts'
import { RotatingLog } from './rotating-log.ts'

describe('wordsFor', () => {
  it.each([
    ['{"level":30,"msg":"all is well"}', false, null],
    ['{"level":40,"msg":"slow"}', false, 'warning: slow'],
    ['{"level":50,"msg":"cannot save","err":{"message":"disk full"}}', false, 'error: cannot save: disk full'],
    ['{"level":60,"msg":"bye"}', true, 'fatal: bye'],
    ['plain words', false, null],
    ['plain words', true, 'plain words'],
    ['{"not":"a log line"}', true, '{"not":"a log line"}'],
    ['{broken', true, '{broken'],
    ['', true, null],
  ])('%s (to the error stream: %s) shows %s', (line, isError, words) => expect(wordsFor(line, isError)).toBe(words))
})

describe('PartOutput', () => {
  it('logs every line, and never floods the terminal', async () => {
    using run = output()
    const stderr = new PassThrough()
    run.output.follow({ stdout: new PassThrough().end(), stderr })
    for (let line = 0; line < 1_000; line += 1) stderr.write(`trouble ${line}\n`)
    await finished(stderr.end())
    expect(run.shown).toHaveLength(40)
    expect(run.shown.at(-1)).toBe(`core: … more in ${run.path}`)
    expect(readFileSync(run.path, 'utf8').trimEnd().split('\n')).toHaveLength(1_000)
    run.time.nowMs = 10_000
    const later = new PassThrough()
    run.output.follow({ stdout: new PassThrough().end(), stderr: later })
    await finished(later.end('again\n'))
    expect(run.shown.at(-1)).toBe('core: again')
  })

  it('shows only errors once it is hushed', async () => {
    using run = output()
    const stdout = new PassThrough()
    run.output.follow({ stdout, stderr: new PassThrough().end() })
    run.output.hush()
    stdout.write('{"level":40,"msg":"the core is gone"}\n')
    await finished(stdout.end('{"level":50,"msg":"cannot end a pod"}\n'))
    expect(run.shown).toEqual(['core: error: cannot end a pod'])
  })

  it('puts lines together that arrive in pieces, and cuts one that never ends', async () => {
    using run = output()
    const stderr = new PassThrough()
    run.output.follow({ stdout: new PassThrough().end(), stderr })
    stderr.write('one')
    stderr.write(' line\ntwo')
    stderr.write(`\n${'x'.repeat(200_000)}`)
    await finished(stderr.end())
    expect(run.shown.slice(0, 2)).toEqual(['core: one line', 'core: two'])
    expect(run.shown.join('').replaceAll(/[^x]/g, '')).toHaveLength(200_000)
  })
})

function output() {
  const folder = mkdtempSync(join(tmpdir(), 'fornax-output-'))
  const path = join(folder, 'core.log')
  const log = new RotatingLog({ path, bytesMax: 10_000_000, oldFilesMax: 1 })
  const shown: string[] = []
  const time = { nowMs: 0 }
  return {
    path,
    shown,
    time,
    output: new PartOutput('core', {
      clock: { nowMs: () => time.nowMs, schedule: () => () => {} },
      log,
      logPath: path,
      say: (line) => void shown.push(line),
    }),
    [Symbol.dispose]: () => {
      log[Symbol.dispose]()
      rmSync(folder, { recursive: true })
    },
  }
}
