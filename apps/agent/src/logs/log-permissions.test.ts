/** What a pod does to the rights of its log, where it is the same user as the agent. That user is never root here. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLog } from '@fornax/kernel/log'
import { VirtualClock } from '@fornax/kernel/virtual-clock'
import { expect, it, vi } from 'vitest'
import { lacks } from '../../test/support/lacks.ts'
import { asOrdinaryUser, giveToOrdinaryUser } from '../../test/support/ordinary-user.ts'
import { podFolderOf } from '../runtime/pod-folder.ts'
import { PodLogs } from './pod-logs.ts'

const BYTES_MAX = 100
const ROTATION_MS = 1_000
const isRoot = process.geteuid?.() === 0

it('keeps a file bounded and readable whose pod forbids everybody to open it', () => {
  using world = newWorld()
  const { stdout } = world.folder
  write(stdout, 'old line\n'.repeat(20))
  chmodSync(stdout, 0)
  expect(asOrdinaryUser(() => world.logs.lastLines('pod-1', 1))).toEqual(['old line'])
  chmodSync(stdout, 0)
  world.pass(ROTATION_MS)
  expect(statSync(stdout).size).toBe(0)
  expect(readFileSync(`${stdout}.1`, 'utf8')).toBe('old line\n'.repeat(20))
  expect(world.warn).not.toHaveBeenCalled()
})

it('gives nobody a right to what a link leads to that stands where a log should', () => {
  using world = newWorld()
  const target = join(world.folder.path, 'target')
  write(target, 'not for anybody\n'.repeat(20))
  chmodSync(target, 0)
  symlinkSync(target, world.folder.stdout)
  expect(asOrdinaryUser(() => world.logs.lastLines('pod-1', 1))).toEqual([])
  world.pass(ROTATION_MS)
  expect(statSync(target).mode & 0o777).toBe(0)
})

it('bounds a file although what was kept from before cannot be replaced', () => {
  using world = newWorld()
  const { path, stdout } = world.folder
  mkdirSync(join(`${stdout}.1`, 'inner'), { recursive: true })
  write(stdout, 'old line\n'.repeat(20))
  chmodSync(path, 0o500)
  world.pass(ROTATION_MS)
  expect(statSync(stdout).size).toBe(0)
  expect(world.warn).not.toHaveBeenCalled()
})

it('finds nothing to read where the folder cannot be entered, and follows on when it can', () => {
  using world = newWorld()
  const { path, stdout } = world.folder
  const lines: string[] = []
  const sink = {
    isReady: () => true,
    send: (piece: { readonly lines: readonly string[] }) => void lines.push(...piece.lines),
    end: () => undefined,
  }
  using stack = new DisposableStack()
  stack.defer(asOrdinaryUser(() => world.logs.read({ podId: 'pod-1', follow: true, tailLines: 10 }, sink)))
  write(stdout, 'hidden for a while\n')
  chmodSync(path, 0)
  world.pass(3 * ROTATION_MS)
  expect(lines).toEqual([])
  chmodSync(path, 0o700)
  world.pass(3 * ROTATION_MS)
  expect(lines).toEqual(['hidden for a while'])
})

it.skipIf(lacks(isRoot, 'root, to make a file of somebody else'))(
  'complains once of a file that it cannot bound, and goes on with those of others',
  () => {
    using world = newWorld()
    const other = podFolderOf(world.folder.path, 'pod-2')
    mkdirSync(other.path)
    giveToOrdinaryUser(other.path)
    world.logs.add('pod-2', other)
    write(other.stdout, 'old line\n'.repeat(20))
    writeFileSync(world.folder.stdout, 'old line\n'.repeat(20), { mode: 0o600 }) // Root's.
    world.pass(5 * ROTATION_MS)
    expect(statSync(other.stdout).size).toBe(0)
    const error: unknown = expect.objectContaining({ code: 'EPERM' })
    expect(world.warn.mock.calls).toEqual([[{ podId: 'pod-1', err: error }, expect.any(String)]])
    giveToOrdinaryUser(world.folder.stdout)
    world.pass(ROTATION_MS)
    expect(statSync(world.folder.stdout).size).toBe(0)
  },
)

function newWorld() {
  const path = mkdtempSync(join(tmpdir(), 'fornax-logs-'))
  const clock = new VirtualClock()
  const log = createLog('agent', 'silent')
  const warn = vi.spyOn(log, 'warn')
  const logs = new PodLogs({ clock, log, fileBytesMax: BYTES_MAX })
  const folder = { ...podFolderOf(path, ''), path }
  giveToOrdinaryUser(path)
  logs.add('pod-1', folder)
  return {
    logs,
    folder,
    warn,
    pass: (ms: number) => asOrdinaryUser(() => clock.advance(ms)),
    [Symbol.dispose]: () => {
      logs[Symbol.dispose]()
      chmodSync(path, 0o700)
      rmSync(path, { recursive: true })
    },
  }
}

/** Writes a file that belongs to whoever `asOrdinaryUser` is. */
function write(path: string, text: string): void {
  writeFileSync(path, text)
  giveToOrdinaryUser(path)
}
