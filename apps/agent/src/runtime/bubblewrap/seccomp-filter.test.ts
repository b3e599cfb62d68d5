import { describe, expect, it } from 'vitest'
import { DENIED, seccompFilter } from './seccomp-filter.ts'

const ALLOW = 0x7fff0000
const EPERM = 0x00050001
const ENOSYS = 0x00050026
const KILL = 0x80000000
const AUDIT = { x64: 0xc000003e, arm64: 0xc00000b7 }

describe.each(['x64', 'arm64'] as const)('the filter of %s', (arch) => {
  const judge = judgeOf(arch)
  const at = arch === 'x64' ? 0 : 1

  it('refuses each call of the list, and no other', () => {
    const denied = new Set(Object.values(DENIED).map((numbers) => numbers[at]))
    for (let number = 0; number < 500; number += 1)
      expect([number, judge(number)]).toEqual([number, verdictOn(number, denied)])
  })

  it('lets a process be made, and no namespace with it', () => {
    const clone = arch === 'x64' ? 56 : 220
    expect(judge(clone, [0x01200011])).toBe(ALLOW)
    for (const flag of [0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000])
      expect(judge(clone, [flag + 17])).toBe(EPERM)
  })

  it('lets nobody type into a terminal', () => {
    const ioctl = arch === 'x64' ? 16 : 29
    expect(judge(ioctl, [0, 0x5401])).toBe(ALLOW)
    expect(judge(ioctl, [0, 0x5412])).toBe(EPERM)
    expect(judge(ioctl, [0, 0x541c])).toBe(EPERM)
  })

  it('ends who calls by the numbers of another architecture', () => {
    expect(judge(0, [], AUDIT[arch === 'x64' ? 'arm64' : 'x64'])).toBe(KILL)
  })

  function verdictOn(number: number, denied: ReadonlySet<number | null>): number {
    if (number === 435) return ENOSYS // clone3
    return denied.has(number) ? EPERM : ALLOW
  }
})

it('knows nothing of the second set of numbers that x64 has', () => {
  expect(judgeOf('x64')(0x40000000 + 101)).toBe(ENOSYS)
})

it('is not there for an architecture that nobody looked at', () => {
  expect(seccompFilter('riscv64')).toBeNull()
  expect(seccompFilter('toString')).toBeNull()
})

/** Runs the program as the kernel does. */
function judgeOf(arch: 'x64' | 'arm64') {
  const program = seccompFilter(arch) ?? Buffer.alloc(0)
  return (number: number, args: readonly number[] = [], audit: number = AUDIT[arch]): number => {
    const data = Buffer.alloc(64)
    data.writeUInt32LE(number, 0)
    data.writeUInt32LE(audit, 4)
    args.forEach((value, index) => data.writeUInt32LE(value, 16 + index * 8))
    let loaded = 0
    for (let at = 0; at < program.length;) {
      const k = program.readUInt32LE(at + 4)
      const code = program.readUInt16LE(at)
      if (code === 0x06) return k
      if (code === 0x20) loaded = data.readUInt32LE(k)
      const holds = { 0x15: loaded === k, 0x35: loaded >= k, 0x45: (loaded & k) !== 0 }[code]
      const leap = holds === undefined ? 0 : program.readUInt8(at + (holds ? 2 : 3))
      at += 8 * (1 + leap)
    }
    throw new Error('the program has no end')
  }
}
