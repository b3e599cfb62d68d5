import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { HELPER_NICENESS } from './helper-threads.ts'

const ASK = `
  import { readdirSync, readFileSync } from 'node:fs'
  import { getPriority } from 'node:os'
  import { spawnSync } from 'node:child_process'
  import { lowerHelperThreads } from '${resolve(import.meta.dirname, 'helper-threads.ts')}'
  const lowered = lowerHelperThreads()
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
  expect(lowered).toBeGreaterThan(0)
  expect(threads.filter(([, niceness]) => niceness === HELPER_NICENESS)).toHaveLength(lowered)
  const others = threads.filter(([name]) => name !== 'V8Worker')
  expect(others.map(([, niceness]) => niceness)).toEqual(others.map(() => 0))
  expect(others.length).toBeGreaterThan(0)
  expect(child).toBe(0)
})
