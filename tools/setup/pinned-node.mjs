/** Finds the Node that everything runs on: the one in the lock file, else a new enough one that runs this. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { linkProgram } from './link-program.mjs'

/** The oldest Node that runs our sources as they are and has what we use of `node:sqlite`. */
const MINOR_MIN_OF_24 = 11

/**
 * @param {string} root
 * @returns {{ kind: 'found', path: string } | { kind: 'missing', message: string }}
 */
export function findNode(root) {
  const name = `node-${process.platform}-${process.arch}`
  const pinned = join(root, 'node_modules', name, 'bin', 'node')
  if (existsSync(pinned) && runs(pinned)) {
    // npm 10 leaves this one link out, and without it scripts would run on the machine's own Node.
    linkProgram(root, 'node', join('..', name, 'bin', 'node'))
    return { kind: 'found', path: pinned }
  }
  if (isNewEnough(process.versions.node)) return { kind: 'found', path: process.execPath }
  const place = `${process.platform} on ${process.arch}`
  return {
    kind: 'missing',
    message:
      `Fornax brings its own Node for Linux on x64 and arm64, but it does not run here (${place}).\n` +
      `Install Node 24.${MINOR_MIN_OF_24} or newer yourself and run the same command again; this is ${process.versions.node}.`,
  }
}

/** @param {string} version */
function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 24 || (major === 24 && minor >= MINOR_MIN_OF_24)
}

/** A binary for another C library is there, but does not run. @param {string} path */
function runs(path) {
  try {
    execFileSync(path, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
