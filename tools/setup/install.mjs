/** Brings node_modules to what the lock file says, and only when it is not there already. */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { withLock } from './install-lock.mjs'
import { linkProgram } from './link-program.mjs'

const PROGRESS_EVERY_MS = 10_000

/**
 * @param {string} root
 * @returns {Promise<{ kind: 'ready' } | { kind: 'failed', message: string }>}
 */
export async function installPackages(root) {
  if (isInstalled(root)) {
    linkPrograms(root)
    return { kind: 'ready' }
  }
  mkdirSync(join(root, '.turbo'), { recursive: true })
  return withLock(join(root, '.turbo', 'install.lock'), async () => {
    // Another script may have installed while this one waited.
    if (isInstalled(root)) return { kind: 'ready' }
    console.log('Installing packages, exactly as the lock file says. This takes a minute or two the first time.')
    const startedMs = Date.now()
    const progress = setInterval(() => console.log(`  still installing, ${seconds(startedMs)} s`), PROGRESS_EVERY_MS)
    const code = await npmCi(root).finally(() => clearInterval(progress))
    if (code !== 0)
      return { kind: 'failed', message: `Installing packages failed (npm ci, exit code ${code}); npm says why above.` }
    console.log(`Packages are installed, after ${seconds(startedMs)} s.`)
    return { kind: 'ready' }
  })
}

/**
 * npm writes what it installed into node_modules, as its very last step. Packages for
 * other platforms are optional, and rightly missing.
 * @param {string} root
 */
export function isInstalled(root) {
  const installedPath = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(installedPath)) return false
  const wanted = readPackages(join(root, 'package-lock.json'))
  const installed = readPackages(installedPath)
  // What lies in a workspace's own folder can vanish without npm's list, which lies in the root's.
  const isOnDisk = (path) => !/^(?!node_modules\/).*\/node_modules\//.test(path) || existsSync(join(root, path))
  const isThere = ([path, entry]) =>
    path === '' ||
    (installed[path] === undefined ? entry.optional === true : isSame(entry, installed[path]) && isOnDisk(path))
  return Object.entries(wanted).every(isThere) && Object.keys(installed).every((path) => wanted[path] !== undefined)
}

/**
 * npm links the programs of our own packages while it installs, and not when one appears later.
 * @param {string} root
 */
function linkPrograms(root) {
  for (const [path, { name, bin }] of Object.entries(readPackages(join(root, 'package-lock.json')))) {
    if (path === '' || path.includes('node_modules/') || bin === undefined) continue
    for (const [program, file] of Object.entries(bin)) linkProgram(root, program, join('..', name, file))
  }
}

function isSame(wanted, installed) {
  return wanted.version === installed.version && wanted.integrity === installed.integrity
}

/** @param {string} path */
function readPackages(path) {
  return JSON.parse(readFileSync(path, 'utf8')).packages
}

/**
 * npm itself is told by `npm run` where it lives; without that, the one on the path serves.
 * @param {string} root
 * @returns {Promise<number>}
 */
function npmCi(root) {
  const npm = process.env.npm_execpath
  const [command, ...first] = npm?.endsWith('.js') ? [process.execPath, npm] : ['npm']
  const args = [...first, 'ci', '--include=dev', '--include=optional', '--no-progress', '--loglevel=error']
  return new Promise((done, fail) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
    child.once('error', (cause) => fail(new Error('cannot run npm', { cause })))
    child.once('exit', (code) => done(code ?? 1))
  })
}

/** @param {number} startedMs */
function seconds(startedMs) {
  return Math.round((Date.now() - startedMs) / 1000)
}
