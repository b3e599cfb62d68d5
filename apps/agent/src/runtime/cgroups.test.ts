import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Cgroups, cpuShares, cpuWeight, findCgroupMounts } from './cgroups.ts'

const limits = { memoryBytes: 134_217_728, cpuMillis: 500, pids: 64 }

describe('finding the control groups of a machine', () => {
  it('reads version 1, also with an empty version 2 beside it', () => {
    const mounts = [
      '30 24 0:26 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory',
      '31 24 0:27 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct',
      '32 24 0:28 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids',
      '32 24 0:28 / /sys/fs/cgroup/freezer rw,relatime - cgroup cgroup rw,freezer',
      '33 24 0:29 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw',
    ]
    expect(findCgroupMounts(mounts.join('\n'))).toEqual({
      version: 1,
      memory: '/sys/fs/cgroup/memory',
      pids: '/sys/fs/cgroup/pids',
      cpu: '/sys/fs/cgroup/cpu,cpuacct',
      cpuacct: '/sys/fs/cgroup/cpu,cpuacct',
      freezer: '/sys/fs/cgroup/freezer',
      others: ['/sys/fs/cgroup/unified'],
    })
  })

  it('reads version 2', () => {
    expect(findCgroupMounts('30 24 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw,nsdelegate')).toEqual({
      version: 2,
      unified: '/sys/fs/cgroup',
    })
  })

  it('finds none where there are none', () => {
    expect(findCgroupMounts('22 1 8:1 / / rw - ext4 /dev/sda1 rw\n')).toBeNull()
    expect(Cgroups.open('fornax-test', '')).toBeNull()
  })
})

describe('the limits of a pod', () => {
  it('are written where version 2 reads them', () => {
    using unified = scratchUnified('cpuset cpu io memory hugetlb pids')
    const cgroups = Cgroups.open('fornax-test', unified.mountInfo)
    expect(cgroups?.create('pod-1', limits)).toEqual([join(unified.path, 'fornax-test', 'pod-1')])
    const read = (file: string): string => readFileSync(join(unified.path, 'fornax-test', 'pod-1', file), 'utf8')
    expect(['memory.max', 'memory.oom.group', 'pids.max', 'cpu.weight'].map(read)).toEqual([
      '134217728',
      '1',
      '64',
      '20',
    ])
    expect(cgroups?.podIds()).toEqual(['pod-1'])
    cgroups?.capCpu('pod-1', 250)
    expect(read('cpu.max')).toBe('25000 100000')
    cgroups?.capCpu('pod-1', null)
    expect(read('cpu.max')).toBe('max 100000')
  })

  it('leave memory alone where somebody else limits it', () => {
    using unified = scratchUnified('cpu memory pids')
    Cgroups.open('fornax-test', unified.mountInfo)?.create('pod-1', { ...limits, memoryBytes: null })
    expect(existsSync(join(unified.path, 'fornax-test', 'pod-1', 'pids.max'))).toBe(true)
    expect(existsSync(join(unified.path, 'fornax-test', 'pod-1', 'memory.max'))).toBe(false)
  })

  it('are not claimed where version 2 does not pass a controller on', () => {
    using unified = scratchUnified('cpu io')
    expect(Cgroups.open('fornax-test', unified.mountInfo)).toBeNull()
  })

  it('read what a pod uses in version 2', async () => {
    using unified = scratchUnified('cpu memory pids')
    const cgroups = Cgroups.open('fornax-test', unified.mountInfo)
    const [folder = ''] = cgroups?.create('pod-1', limits) ?? []
    writeFileSync(join(folder, 'memory.stat'), 'anon 1000\nfile 5000\nkernel 7\nshmem 24\n')
    writeFileSync(join(folder, 'cpu.stat'), 'usage_usec 2500000\nuser_usec 1\n')
    expect(await cgroups?.usage('pod-1')).toEqual({ memoryBytes: 1_024, cpuMs: 2_500, swappedBytes: 0 })
    expect(await cgroups?.usage('pod-nobody')).toBeNull()
  })

  it('give CPU by share, within what the kernel takes', () => {
    expect([0, 1, 1_000, 4_000, 10_000_000].map(cpuShares)).toEqual([2, 2, 1_024, 4_096, 262_144])
    expect([0, 1_000, 10_000_000].map(cpuWeight)).toEqual([1, 40, 10_000])
  })
})

type ScratchUnified = Disposable & { readonly path: string; readonly mountInfo: string }

/** A folder with the files of version 2 that we touch. This machine may have the other version. */
function scratchUnified(controllers: string): ScratchUnified {
  const path = mkdtempSync(join(tmpdir(), 'fornax-cgroups-'))
  for (const folder of [path, join(path, 'fornax-test')]) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'cgroup.controllers'), `${controllers}\n`)
  }
  const mountInfo = `30 24 0:26 / ${path} rw - cgroup2 cgroup2 rw\n`
  return { path, mountInfo, [Symbol.dispose]: () => rmSync(path, { recursive: true }) }
}
