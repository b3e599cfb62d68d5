import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { completeLock, entryFor, findLockGaps } from './lock-gaps.ts'
import { ROOT } from './prepare.ts'

it('the lock file names every optional package, so that `npm ci` accepts it everywhere (else: npm run complete-lock)', () => {
  const gaps = findLockGaps(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'))
  expect(gaps.map(({ name }) => name)).toEqual([])
})

describe('entryFor', () => {
  it.each([
    ['@turbo/darwin-64', { os: ['darwin'], cpu: ['x64'] }],
    ['@turbo/windows-arm64', { os: ['win32'], cpu: ['arm64'] }],
    ['@oxlint/binding-linux-x64-musl', { os: ['linux'], cpu: ['x64'], libc: ['musl'] }],
    ['@oxlint/binding-linux-arm-gnueabihf', { os: ['linux'], cpu: ['arm'], libc: ['glibc'] }],
    ['@bufbuild/buf-linux-armv7', { os: ['linux'], cpu: ['arm'] }],
    ['@oxlint/binding-android-arm-eabi', { os: ['android'], cpu: ['arm'] }],
    ['@tailwindcss/oxide-wasm32-wasi', { cpu: ['wasm32'] }],
  ])('reads the platform out of %s', (name, platform) => {
    const gap = { path: `node_modules/${name}`, name, version: '1.0.0', isDev: false }
    expect(entryFor(gap)).toEqual({ version: '1.0.0', optional: true, ...platform })
  })

  it('does not guess', () => {
    expect(entryFor({ path: 'node_modules/colours', name: 'colours', version: '1.0.0', isDev: true })).toBeNull()
  })
})

describe('completeLock', () => {
  const lock = {
    name: 'x',
    packages: {
      '': { name: 'x' },
      'node_modules/linter': {
        version: '2.0.0',
        dev: true,
        optionalDependencies: { 'linter-darwin-x64': '2.0.0', 'linter-linux-x64': '2.0.0' },
      },
      'node_modules/linter-linux-x64': { version: '2.0.0', integrity: 'sha512-x', dev: true, optional: true },
    },
  }

  it('adds what is missing where npm would put it, and changes nothing else', () => {
    const { text, added } = completeLock(JSON.stringify(lock))
    expect(added).toEqual(['linter-darwin-x64'])
    const completed = JSON.parse(text)
    expect(Object.keys(completed.packages)).toEqual([
      '',
      'node_modules/linter',
      'node_modules/linter-darwin-x64',
      'node_modules/linter-linux-x64',
    ])
    expect(completed).toMatchObject(lock)
  })

  it('has nothing to do the second time', () => {
    expect(completeLock(completeLock(JSON.stringify(lock)).text).added).toEqual([])
  })

  it('finds a package that is nested in the one that asks', () => {
    const nested = { ...lock.packages, 'node_modules/linter/node_modules/linter-darwin-x64': { version: '2.0.0' } }
    expect(findLockGaps(JSON.stringify({ packages: nested }))).toEqual([])
  })
})
