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

  it('can be entered by everybody, however deep it lies', () => {
    const way = ['/tmp/a', '/tmp/a/b'].flatMap((folder) => ['--perms', '0755', '--dir', folder])
    expect(checkoutArgs(['/tmp'], '/tmp/a/b/c')).toEqual([...way, '--ro-bind', '/tmp/a/b/c', '/tmp/a/b/c'])
  })

  it('is the only thing that is left of a folder which others may not enter', () => {
    const home = mkdtempSync(join(tmpdir(), 'fornax-home-'))
    try {
      const checkout = join(home, 'deep', 'fornax')
      mkdirSync(checkout, { recursive: true })
      chmodSync(home, 0o755)
      expect(checkoutArgs([], checkout)).toEqual([])
      chmodSync(home, 0o700)
      const way = ['--perms', '0755', '--dir', join(home, 'deep')]
      expect(checkoutArgs([], checkout)).toEqual(['--tmpfs', home, ...way, '--ro-bind', checkout, checkout])
    } finally {
      rmSync(home, { recursive: true })
    }
  })
})
