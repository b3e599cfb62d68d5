import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@fornax/kernel/clock'
import { describe, expect, it } from 'vitest'
import { Cgroups, findCgroupMounts } from './cgroups.ts'
import { GroupSleep, whyNoSwap } from './group-sleep.ts'

const MIB = 1_024 * 1_024
const never = new AbortController().signal
const limits = { memoryBytes: 256 * MIB, cpuMillis: 100, pids: 64 }

describe('on a folder that looks like a group', () => {
  it('a group is frozen by cgroup.freeze, and thawed by it', async () => {
    using group = fakeGroup({ 'cgroup.events': 'populated 1\nfrozen 1\n', 'cgroup.freeze': '0' })
    const sleep = new GroupSleep({ version: 2, folder: group.path }, systemClock)
    await sleep.freeze()
    expect(group.read('cgroup.freeze')).toBe('1')
    expect(sleep.isFrozen).toBe(true)
    await sleep.thaw()
    expect(group.read('cgroup.freeze')).toBe('0')
    expect(sleep.isFrozen).toBe(false)
  })

  it('a group that the kernel does not freeze goes on', async () => {
    using group = fakeGroup({ 'cgroup.events': 'populated 1\nfrozen 0\n', 'cgroup.freeze': '0' })
    const sleep = new GroupSleep({ version: 2, folder: group.path }, systemClock)
    await expect(sleep.freeze()).rejects.toThrow('did not freeze')
    expect(group.read('cgroup.freeze')).toBe('0')
  }, 10_000)

  it('memory is measured by what the group is charged with, but for pages of files that nobody uses', async () => {
    const stat = 'anon 1000\nfile 5000\nkernel 300\nshmem 24\ninactive_file 4000\nactive_file 976\n'
    using group = fakeGroup({ 'memory.stat': stat, 'memory.current': '6300\n', 'memory.swap.current': '4096\n' })
    const sleep = new GroupSleep({ version: 2, folder: group.path }, systemClock)
    expect(await sleep.measureMemory()).toEqual({ residentBytes: 2_300, swappedBytes: 4_096 })
    rmSync(join(group.path, 'memory.swap.current'))
    expect(await sleep.measureMemory()).toEqual({ residentBytes: 2_300, swappedBytes: null })
    rmSync(join(group.path, 'memory.stat'))
    expect(await sleep.measureMemory()).toBeNull()
  })

  it('the same is measured in version 1', async () => {
    const stat = 'cache 1\ntotal_rss 1000\ntotal_inactive_file 4000\ntotal_active_file 976\ntotal_swap 4096\n'
    using group = fakeGroup({ 'memory.stat': stat, 'memory.usage_in_bytes': '6300\n' })
    const folders = { version: 1, freezer: null, memory: group.path, limitBytes: null } as const
    const sleep = new GroupSleep(folders, systemClock)
    expect(await sleep.measureMemory()).toEqual({ residentBytes: 2_300, swappedBytes: 4_096 })
  })

  it('memory is pushed out by memory.reclaim, half of it or all', async () => {
    using group = fakeGroup({ 'memory.current': String(64 * MIB), 'memory.reclaim': '' })
    const sleep = new GroupSleep({ version: 2, folder: group.path }, systemClock, () => null)
    expect(await sleep.reclaim('light', never)).toBeNull()
    expect(Number(group.read('memory.reclaim'))).toBe(4 * MIB)
    expect(await sleep.reclaim('deep', never)).toBeNull()
    expect(Number(group.read('memory.reclaim'))).toBe(4 * MIB)
    writeFileSync(join(group.path, 'memory.reclaim'), '')
    expect(await sleep.reclaim('deep', AbortSignal.abort())).toBeNull()
    expect(group.read('memory.reclaim')).toBe('')
  })

  it('memory that cannot be pushed out stays, and it is said why', async () => {
    using group = fakeGroup({ 'memory.current': String(64 * MIB) })
    const without = new GroupSleep({ version: 2, folder: group.path }, systemClock, () => 'no swap')
    expect(await without.reclaim('light', never)).toBe('no swap')
    mkdirSync(join(group.path, 'memory.reclaim')) // Nothing that could be written.
    const refused = new GroupSleep({ version: 2, folder: group.path }, systemClock, () => null)
    expect(await refused.reclaim('light', never)).toContain('could not be pushed out')
  })

  it('is let run before it is killed, and a group that is gone is no trouble', () => {
    const root = mkdtempSync(join(tmpdir(), 'fornax-cgroups-'))
    for (const folder of [root, join(root, 'fornax-test')]) {
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, 'cgroup.controllers'), 'cpu memory pids\n')
    }
    const cgroups = Cgroups.open('fornax-test', `30 24 0:26 / ${root} rw - cgroup2 cgroup2 rw\n`)
    const [folder = ''] = cgroups?.create('pod-1', limits) ?? []
    writeFileSync(join(folder, 'cgroup.freeze'), '1')
    cgroups?.thaw('pod-1')
    expect(readFileSync(join(folder, 'cgroup.freeze'), 'utf8')).toBe('0')
    cgroups?.thaw('pod-nobody')
    expect(existsSync(join(root, 'fornax-test', 'pod-nobody'))).toBe(false)
    rmSync(root, { recursive: true })
  })
})

it('says why memory can be pushed nowhere', () => {
  expect(whyNoSwap('SwapTotal:  0 kB\nSwapFree:  0 kB\n')).toContain('no swap')
  expect(whyNoSwap('SwapTotal:  1024 kB\nSwapFree:  0 kB\n')).toContain('full')
  expect(whyNoSwap('SwapTotal:  1024 kB\nSwapFree:  512 kB\n')).toBeNull()
})

const mayGroup = process.geteuid?.() === 0 && findCgroupMounts(readFileSync('/proc/self/mountinfo', 'utf8')) !== null

describe.runIf(mayGroup)('on the control groups of this machine', () => {
  it('a process stands still while its group is frozen, and goes on where it was', async () => {
    await using group = await RealGroup.start()
    await group.counts(3)
    await group.sleep.freeze()
    const before = group.count
    await group.machineLives()
    expect(group.count - before).toBeLessThanOrEqual(1) // What was in the pipe.
    expect(group.sleep.isFrozen).toBe(true)
    await group.sleep.thaw()
    expect(group.sleep.isFrozen).toBe(false)
    await group.counts(before + 3)
  })

  it('says what a process has resident, and pushes it out or says why not', async () => {
    await using group = await RealGroup.start()
    await group.counts(3)
    const running = await group.sleep.measureMemory()
    expect(running?.residentBytes).toBeGreaterThan(30 * MIB)
    await group.sleep.freeze()
    const problem = await group.sleep.reclaim('deep', never)
    const asleep = await group.sleep.measureMemory()
    expect(problem).toBe(whyNoSwap())
    if (problem === null) expect(asleep?.residentBytes).toBeLessThan((running?.residentBytes ?? 0) / 5)
    await group.sleep.thaw()
    const { count } = group
    await group.counts(count + 3) // With all of its limits, and its memory.
    expect(group.limitBytes()).toBe(limits.memoryBytes)
  })

  it('goes on at once though its memory is being pushed out', async () => {
    await using group = await RealGroup.start()
    await group.counts(3)
    await group.sleep.freeze()
    const abort = new AbortController()
    const reclaiming = group.sleep.reclaim('deep', abort.signal)
    abort.abort()
    await group.sleep.thaw()
    await group.counts(group.count + 3)
    await reclaiming
    expect(group.limitBytes()).toBe(limits.memoryBytes)
  })
})

type FakeGroup = Disposable & { readonly path: string; read(file: string): string }

function fakeGroup(files: Readonly<Record<string, string>>): FakeGroup {
  const path = mkdtempSync(join(tmpdir(), 'fornax-group-'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text)
  return {
    path,
    read: (file) => readFileSync(join(path, file), 'utf8'),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  }
}

const COUNTING = `const kept = Buffer.alloc(40 << 20, 7); let n = 0; setInterval(() => console.log((n += 1) + kept[n % 999] * 0), 5)`

/** A process that counts, in a group of its own. */
class RealGroup implements AsyncDisposable {
  readonly sleep: GroupSleep
  count = 0
  readonly #cgroups: Cgroups
  readonly #child: ChildProcess
  #hear: () => void = () => undefined

  private constructor(cgroups: Cgroups, folders: readonly string[], child: ChildProcess) {
    this.#cgroups = cgroups
    this.#child = child
    for (const folder of folders) writeFileSync(join(folder, 'cgroup.procs'), String(child.pid))
    this.sleep = cgroups.sleepOf('pod-1', limits.memoryBytes, systemClock)
    child.stdin?.write('go\n')
    child.stdout?.on('data', (bytes: Buffer) => {
      this.count += bytes.toString().split('\n').length - 1
      this.#hear()
    })
  }

  static async start(): Promise<RealGroup> {
    const cgroups = Cgroups.open(`fornax-test-${process.pid}`)
    if (cgroups === null) throw new Error('no control group can be made here')
    // It allocates only once it is where it belongs.
    const source = `process.stdin.once('data', () => { ${COUNTING} })`
    const child = spawn(process.execPath, ['-e', source], { stdio: ['pipe', 'pipe', 'inherit'] })
    await once(child, 'spawn')
    return new RealGroup(cgroups, cgroups.create('pod-1', limits), child)
  }

  async counts(to: number): Promise<void> {
    while (this.count < to) await new Promise<void>((resolve) => (this.#hear = resolve))
  }

  /** Another process does in this time what the frozen one would have done many times over. */
  async machineLives(): Promise<void> {
    const other = spawn(process.execPath, ['-e', `setTimeout(() => {}, 150)`])
    await once(other, 'exit')
  }

  limitBytes(): number {
    const mounts = findCgroupMounts(readFileSync('/proc/self/mountinfo', 'utf8'))
    const name = `fornax-test-${process.pid}/pod-1`
    if (mounts?.version === 2) return Number(readFileSync(join(mounts.unified, name, 'memory.max'), 'utf8'))
    return Number(readFileSync(join(mounts?.memory ?? '', name, 'memory.limit_in_bytes'), 'utf8'))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sleep.thaw()
    this.#child.kill('SIGKILL')
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit')
    for (let tries = 0; tries < 200 && !this.#cgroups.remove('pod-1'); tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 5))
    this.#cgroups.removeAll()
  }
}
