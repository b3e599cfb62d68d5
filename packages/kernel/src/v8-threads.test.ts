import { execFileSync } from 'node:child_process'
import { getPriority } from 'node:os'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { NICENESS_MAX, V8_NICENESS } from './v8-threads.ts'

const ASK = `
  import { readdirSync, readFileSync } from 'node:fs'
  import { getPriority } from 'node:os'
  import { spawnSync } from 'node:child_process'
  import { lowerV8Threads } from '${resolve(import.meta.dirname, 'v8-threads.ts')}'
  const lowered = lowerV8Threads()
  const threads = readdirSync('/proc/self/task').map((id) => [
    readFileSync('/proc/self/task/' + id + '/comm', 'utf8').trim(),
    getPriority(Number(id)),
  ])
  const child = Number(spawnSync(process.execPath, ['-p', 'os.getPriority()']).stdout)
  console.log(JSON.stringify({ lowered, threads, child }))
`

it.skipIf(process.platform !== 'linux')('lowers the threads of V8 alone, and nothing that is started later', () => {
  const args = ['--input-type=module', '--eval', ASK]
  const { lowered, threads, child } = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as {
    lowered: number
    threads: [name: string, niceness: number][]
    child: number
  }
  const own = getPriority()
  const [ofV8, others] = [true, false].map((isV8) => threads.filter(([name]) => (name === 'V8Worker') === isV8))
  expect(lowered).toBeGreaterThan(0)
  expect(ofV8?.map(([, niceness]) => niceness)).toEqual(
    Array.from({ length: lowered }, () => Math.min(NICENESS_MAX, own + V8_NICENESS)),
  )
  expect(new Set(others?.map(([, niceness]) => niceness))).toEqual(new Set([own]))
  expect(child).toBe(own)
})
