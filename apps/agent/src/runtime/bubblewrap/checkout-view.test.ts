import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkoutArgs } from './checkout-view.ts'

describe('the checkout in a sandbox', () => {
  it('needs nothing where everybody can reach it', () => expect(checkoutArgs(['/tmp'], '/usr/lib')).toEqual([]))

  it('comes back into a folder that the sandbox gets anew', () => {
    expect(checkoutArgs(['/tmp', '/var/tmp'], '/tmp/fornax')).toEqual(['--ro-bind', '/tmp/fornax', '/tmp/fornax'])
  })

  it('is the only thing that is left of a folder which others may not enter', () => {
    const home = mkdtempSync(join(tmpdir(), 'fornax-home-'))
    try {
      const checkout = join(home, 'deep', 'fornax')
      mkdirSync(checkout, { recursive: true })
      chmodSync(home, 0o755)
      expect(checkoutArgs([], checkout)).toEqual([])
      chmodSync(home, 0o700)
      expect(checkoutArgs([], checkout)).toEqual(['--tmpfs', home, '--ro-bind', checkout, checkout])
    } finally {
      rmSync(home, { recursive: true })
    }
  })
})
