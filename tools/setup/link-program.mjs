/** Puts a program where `npm run` and `npx` look for it, when npm did not. */
import { existsSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'

/**
 * @param {string} root
 * @param {string} program
 * @param {string} target as seen from node_modules/.bin
 */
export function linkProgram(root, program, target) {
  const link = join(root, 'node_modules', '.bin', program)
  if (existsSync(link)) return
  // A link to nothing is there, and yet it is not.
  rmSync(link, { force: true })
  try {
    symlinkSync(target, link)
  } catch (error) {
    // Another script may have made it at the same moment.
    if (error.code !== 'EEXIST') throw error
  }
}
