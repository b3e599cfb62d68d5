import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { systemClock } from '@fornax/kernel/clock'
import { createLog } from '@fornax/kernel/log'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { podFolderOf } from '../runtime/pod-folder.ts'
import { LINE_BYTES_MAX } from './log-file.ts'
import { CONTAINER_LOG, type LogFormat, type PodLogPiece } from './log-source.ts'
import { PodLogs, type LogSink } from './pod-logs.ts'

it('reads the last lines of both streams and ends', () => {
  using world = newWorld()
  appendFileSync(world.folder.stdout, 'a\nb\nc\n')
  appendFileSync(world.folder.stderr, 'x\ny\nunfinished')
  const sink = world.read({ follow: false, tailLines: 4 })
  expect(sink.text()).toEqual(['stdout b', 'stdout c', 'stderr y', 'stderr unfinished'])
  expect(sink.ends).toEqual([''])
})

it('gives the last lines to a failure, those of standard error first of all', () => {
  using world = newWorld()
  appendFileSync(world.folder.stdout, 'a\n'.repeat(50))
  appendFileSync(world.folder.stderr, 'oh no\n')
  expect(world.logs.lastLines('pod-1', 3)).toEqual(['a', 'a', 'oh no'])
  expect(world.logs.lastLines('pod-nobody', 3)).toEqual([])
})

it('says of an unknown pod that there is no log', () => {
  using world = newWorld()
  const sink = world.read({ podId: 'pod-nobody', follow: true, tailLines: 1 })
  expect(sink.ends).toEqual(['this node has no log of that pod'])
})

it('follows as the pod writes, and ends with its last word', async () => {
  using world = newWorld()
  appendFileSync(world.folder.stdout, 'before\n')
  const sink = world.read({ follow: true, tailLines: 10 })
  appendFileSync(world.folder.stdout, 'half a li')
  appendFileSync(world.folder.stderr, 'error\n')
  await vi.waitFor(() => expect(sink.text()).toContain('stderr error'))
  appendFileSync(world.folder.stdout, 'ne\nlast word')
  await vi.waitFor(() => expect(sink.text()).toContain('stdout half a line'))
  world.logs.finish('pod-1')
  expect(sink.text()).toEqual(['stdout before', 'stderr error', 'stdout half a line', 'stdout last word'])
  expect(sink.ends).toEqual([''])
})

it('stops when nobody reads any longer', () => {
  using world = newWorld()
  const sink = world.read({ follow: true, tailLines: 10 })
  sink.stop()
  appendFileSync(world.folder.stdout, 'unheard\n')
  world.logs.finish('pod-1')
  expect(sink.ends).toEqual([])
})

it('keeps the files bounded, and the lines from before the rotation readable', async () => {
  using world = newWorld({ fileBytesMax: 100 })
  appendFileSync(world.folder.stdout, 'old line\n'.repeat(20))
  await vi.waitFor(() => expect(existsSync(`${world.folder.stdout}.1`)).toBe(true), { timeout: 5_000 })
  expect(statSync(world.folder.stdout).size).toBe(0)
  appendFileSync(world.folder.stdout, 'new line\n')
  expect(world.logs.lastLines('pod-1', 2)).toEqual(['old line', 'new line'])
})

it('sends a slow reader on to the present and says how many lines it missed', async () => {
  using world = newWorld()
  const sink = world.read({ follow: true, tailLines: 10 })
  sink.isOpen = false
  const line = `${'x'.repeat(99)}\n`
  appendFileSync(world.folder.stdout, line.repeat(10_000))
  appendFileSync(world.folder.stdout, 'present\n')
  sink.isOpen = true
  await vi.waitFor(() => expect(sink.text().at(-1)).toBe('stdout present'), { timeout: 5_000 })
  const skipped = sink.pieces.reduce((sum, piece) => sum + piece.skippedLines, 0)
  expect(skipped).toBeGreaterThan(5_000)
  expect(sink.text().length + skipped).toBe(10_001)
})

it('counts what a slow reader missed through a rotation', async () => {
  using world = newWorld({ fileBytesMax: 100 })
  const sink = world.read({ follow: true, tailLines: 10 })
  sink.isOpen = false
  appendFileSync(world.folder.stdout, 'missed\n'.repeat(20))
  await vi.waitFor(() => expect(existsSync(`${world.folder.stdout}.1`)).toBe(true), { timeout: 5_000 })
  sink.isOpen = true
  appendFileSync(world.folder.stdout, 'present\n')
  await vi.waitFor(() => expect(sink.text()).toEqual(['stdout present']), { timeout: 5_000 })
  expect(sink.pieces.reduce((sum, piece) => sum + piece.skippedLines, 0)).toBe(20)
})

it('cuts a line that never ends into pieces', async () => {
  using world = newWorld()
  const sink = world.read({ follow: true, tailLines: 10 })
  appendFileSync(world.folder.stdout, 'x'.repeat(LINE_BYTES_MAX * 3))
  await vi.waitFor(() => expect(sink.pieces.flatMap((piece) => piece.lines).join('').length).toBe(LINE_BYTES_MAX * 3))
})

it('follows a pod whose folder is not there yet', async () => {
  using world = newWorld()
  rmSync(world.folder.path, { recursive: true })
  const sink = world.read({ follow: true, tailLines: 10 })
  mkdirSync(world.folder.path)
  appendFileSync(world.folder.stdout, 'first\n')
  await vi.waitFor(() => expect(sink.text()).toEqual(['stdout first']), { timeout: 5_000 })
})

it('keeps a file bounded where there is no room for a copy of it', async () => {
  using world = newWorld({ fileBytesMax: 100 })
  mkdirSync(`${world.folder.stdout}.1`) // Nothing can be copied onto a folder.
  appendFileSync(world.folder.stdout, 'old line\n'.repeat(20))
  await vi.waitFor(() => expect(statSync(world.folder.stdout).size).toBe(0), { timeout: 5_000 })
  appendFileSync(world.folder.stdout, 'new line\n')
  expect(world.logs.lastLines('pod-1', 2)).toEqual(['new line'])
})

it('reads and keeps no more than the end of a file that its pod has made huge, and counts no further', async () => {
  using world = newWorld()
  const { stdout } = world.folder
  const sink = world.read({ follow: true, tailLines: 10 })
  sink.isOpen = false
  writeFileSync(stdout, '')
  truncateSync(stdout, 2 ** 40) // Holes: the pod has the file open, and may do that.
  appendFileSync(stdout, '\nlast line\n')
  await vi.waitFor(() => expect(existsSync(`${stdout}.1`)).toBe(true), { timeout: 5_000 })
  expect(statSync(`${stdout}.1`).size).toBeLessThanOrEqual(1024 * 1024)
  expect(statSync(stdout).size).toBe(0)
  expect(world.logs.lastLines('pod-1', 1)).toEqual(['last line'])
})

it('follows no link and waits for no pipe that stands where a log should', async () => {
  using world = newWorld({ fileBytesMax: 10 })
  const { path, stdout, stderr } = world.folder
  const secret = join(path, 'secret')
  writeFileSync(secret, 'of the node: not for anybody\n')
  symlinkSync(secret, stdout)
  symlinkSync(secret, `${stdout}.1`)
  execFileSync('mkfifo', [stderr])
  expect(world.logs.lastLines('pod-1', 5)).toEqual([])
  rmSync(stdout)
  appendFileSync(stdout, 'more than ten letters\n')
  await vi.waitFor(() => expect(statSync(stdout).size).toBe(0), { timeout: 5_000 })
  expect(readFileSync(secret, 'utf8')).toBe('of the node: not for anybody\n')
})

it('reads one file for both streams, as a container runtime writes it, in the order of writing', async () => {
  using world = newWorld({ format: 'container' })
  const log = join(world.folder.path, CONTAINER_LOG)
  appendFileSync(log, contained('nobody F x', '', 'stdout F a', 'stderr F oh: no', 'stdout F b', 'stdout F c'))
  const sink = world.read({ follow: true, tailLines: 3 })
  expect(sink.text()).toEqual(['stderr oh: no', 'stdout b', 'stdout c'])
  appendFileSync(log, `${contained('stdout P first piece', 'stdout F second', 'stderr F ')}2026-01-31T10:00:00Z std`)
  await vi.waitFor(() => expect(sink.text()).toContain('stdout second'))
  appendFileSync(log, 'out F  two spaces\n')
  await vi.waitFor(() => expect(sink.text()).toContain('stdout  two spaces'))
  world.logs.finish('pod-1')
  expect(sink.text().slice(3)).toEqual(['stdout first piece', 'stdout second', 'stderr ', 'stdout  two spaces'])
  expect(world.logs.lastLines('pod-1', 1)).toEqual([' two spaces'])
})

it('rotates the one file once for both streams, and cuts long lines of it', async () => {
  using world = newWorld({ format: 'container', fileBytesMax: 100 })
  const log = join(world.folder.path, CONTAINER_LOG)
  const sink = world.read({ follow: true, tailLines: 10 })
  appendFileSync(log, contained(`stderr F ${'x'.repeat(LINE_BYTES_MAX + 1)}`))
  await vi.waitFor(() => expect(sink.text().length).toBe(2))
  await vi.waitFor(() => expect(existsSync(`${log}.1`)).toBe(true), { timeout: 5_000 })
  appendFileSync(log, contained('stdout F after'))
  await vi.waitFor(() => expect(sink.text().at(-1)).toBe('stdout after'))
  expect(world.logs.lastLines('pod-1', 2)).toEqual(['x', 'after'])
})

it('counts what a slow reader of one file missed once, not once for each stream', async () => {
  using world = newWorld({ format: 'container', fileBytesMax: 100 })
  const log = join(world.folder.path, CONTAINER_LOG)
  const sink = world.read({ follow: true, tailLines: 10 })
  sink.isOpen = false
  appendFileSync(log, contained(...Array.from({ length: 20 }, () => 'stdout F missed')))
  await vi.waitFor(() => expect(existsSync(`${log}.1`)).toBe(true), { timeout: 5_000 })
  sink.isOpen = true
  appendFileSync(log, contained('stderr F present'))
  await vi.waitFor(() => expect(sink.text()).toEqual(['stderr present']), { timeout: 5_000 })
  expect(sink.pieces.reduce((sum, piece) => sum + piece.skippedLines, 0)).toBe(20)
})

function contained(...lines: readonly string[]): string {
  return lines.map((line) => `2026-01-31T10:00:00.123456789Z ${line}\n`).join('')
}

type WorldChange = { readonly fileBytesMax?: number; readonly format?: LogFormat }

function newWorld({ fileBytesMax = 1024 * 1024, format = 'plain' }: WorldChange = {}) {
  const path = mkdtempSync(join(tmpdir(), 'fornax-logs-'))
  const logs = new PodLogs({ clock: systemClock, log: createLog('agent', 'silent'), fileBytesMax })
  const folder = { ...podFolderOf(path, ''), path }
  logs.add('pod-1', folder, format)
  return {
    logs,
    folder,
    read: (order: { podId?: string; follow: boolean; tailLines: number }) => {
      const sink = new FakeSink()
      sink.stop = logs.read({ podId: 'pod-1', ...order }, sink)
      return sink
    },
    [Symbol.dispose]: () => {
      logs[Symbol.dispose]()
      rmSync(path, { recursive: true })
    },
  }
}

class FakeSink implements LogSink {
  readonly pieces: PodLogPiece[] = []
  readonly ends: string[] = []
  isOpen = true
  stop: () => void = () => undefined
  isReady = () => this.isOpen
  send = (piece: PodLogPiece) => void this.pieces.push(piece)
  end = (problem: string) => void this.ends.push(problem)
  text = () => this.pieces.flatMap(({ stream, lines }) => lines.map((line) => `${stream} ${line}`))
}
