import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isInstalled } from './install.mjs'

const wanted = {
  '': { version: '1.0.0' },
  'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
  'node_modules/other-platform': { version: '1.0.0', integrity: 'sha512-o', optional: true },
  'packages/kernel': { version: '0.1.0' },
  'node_modules/@fornax/kernel': { resolved: 'packages/kernel', link: true },
}

describe('isInstalled', () => {
  it('accepts what the lock file says, without the packages of other platforms', () => {
    expect(installed({ ...wanted, '': undefined, 'node_modules/other-platform': undefined })).toBe(true)
    expect(installed(wanted)).toBe(true)
  })

  it('asks for a new installation when nothing was ever installed, or an installation was broken off', () => {
    expect(installed(null)).toBe(false)
  })

  it.each([
    ['another version', { 'node_modules/a': { version: '1.0.1', integrity: 'sha512-a' } }],
    ['other content', { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-b' } }],
    ['a missing package', { 'node_modules/a': undefined }],
    ['a package too many', { 'node_modules/b': { version: '1.0.0', integrity: 'sha512-b' } }],
  ])('asks for a new installation at %s', (_what, changes) => expect(installed({ ...wanted, ...changes })).toBe(false))

  it('asks for a new installation when the packages of a workspace are gone', () => {
    const nested = { ...wanted, 'apps/console/node_modules/b': { version: '1.0.0', integrity: 'sha512-b' } }
    expect(installed(nested, nested)).toBe(false)
  })
})

/** Null: node_modules was never finished. */
function installed(packages: Readonly<Record<string, unknown>> | null, lock: object = wanted): boolean {
  const root = mkdtempSync(join(tmpdir(), 'fornax-install-'))
  try {
    writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: lock }))
    mkdirSync(join(root, 'node_modules'))
    if (packages !== null) writeFileSync(join(root, 'node_modules/.package-lock.json'), JSON.stringify({ packages }))
    return isInstalled(root)
  } finally {
    rmSync(root, { recursive: true })
  }
}
