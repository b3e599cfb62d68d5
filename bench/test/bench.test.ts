/** The command itself, from its words to its table, and what is left of it afterwards. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../..')
const SMALL = ['--apps', '2', '--nodes', '2', '--sessions', '20', '--concurrency', '2', '--quick']
const LATENCY = { p50: expect.any(Number), p90: expect.any(Number), p99: expect.any(Number), p999: expect.any(Number) }

it('prints a table of what it measured on what, writes it for programs, and leaves nothing behind', async () => {
  await using bench = await startBench(['warm', ...SMALL, '--json', 'result.json'])
  const [out, [code]] = await Promise.all([textOf(bench.child.stdout), once(bench.child, 'close')])
  expect(code).toBe(0)
  for (const part of ['cores', 'GiB', 'Linux', 'Node v', 'graphql', 'p99', 'tool ceiling', 'apps 2'])
    expect(out).toContain(part)
  expect(JSON.parse(readFileSync(join(bench.folder, 'result.json'), 'utf8'))).toMatchObject({
    scenario: 'warm',
    shape: { apps: 2, concurrency: 2, nodes: 2, transport: 'http' },
    operations: 20,
    seconds: expect.any(Number),
    perSecond: expect.any(Number),
    latencyMs: { ...LATENCY, max: expect.any(Number) },
    errors: 0,
    coreCpuMsPerOperation: expect.any(Number),
    coreRssBytes: expect.any(Number),
    bytesPerPod: null,
    harnessCeilingPerSecond: expect.any(Number),
  })
  expect(bench.leftovers()).toEqual([])
}, 60_000)

it('ends everything that it started when it is interrupted', async () => {
  await using bench = await startBench(['churn', '--apps', '2', '--nodes', '2', '--pods-per-app', '40', '--rate', '10'])
  let said = ''
  for await (const bytes of bench.child.stderr ?? []) {
    said += String(bytes)
    if (said.includes('opening ')) break
  }
  bench.child.kill('SIGINT')
  const [code] = await once(bench.child, 'exit')
  expect(code).toBe(130)
  expect(bench.leftovers()).toEqual([])
}, 60_000)

type Bench = AsyncDisposable & {
  readonly child: ChildProcess
  readonly folder: string
  /** Scratch folders, and processes that work in them. */
  leftovers(): string[]
}

/** In a scratch folder of its own, where it also makes its own. */
async function startBench(words: readonly string[]): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'fornax-bench-test-'))
  const child = spawn(process.execPath, [join(ROOT, 'bench/src/main.ts'), ...words], {
    cwd: folder,
    env: { PATH: process.env['PATH'], TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return {
    child,
    folder,
    leftovers: () => [...readdirSync(folder).filter((name) => name !== 'result.json'), ...processesOf(folder)],
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGINT')
        await once(child, 'exit')
      }
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function textOf(stream: Readable | null): Promise<string> {
  return stream === null ? Promise.resolve('') : text(stream)
}

/** Those whose environment names the folder. */
function processesOf(folder: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(folder)
    } catch {
      return false // It is gone, or somebody else's.
    }
  })
}
