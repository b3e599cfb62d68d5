/** Prepares the checkout, then runs a script of it on the pinned Node. */
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { installPackages } from './install.mjs'
import { findNode } from './pinned-node.mjs'

const ROOT = resolve(import.meta.dirname, '../..')

/** What each script runs, from the root. */
const SCRIPTS = {
  start: 'tools/start/main.ts',
  test: 'tools/test/main.ts',
  bench: 'bench/src/main.ts',
  simulate: 'simulator/src/main.ts',
  sbom: 'tools/sbom/main.ts',
  generate: 'tools/setup/generate.ts',
  'complete-lock': 'tools/setup/complete-lock.ts',
  core: 'tools/start/run-part.ts',
  agent: 'tools/start/run-part.ts',
  console: 'tools/start/run-part.ts',
}

/** Those that load generated code and do not see to it themselves. */
const NEEDS_GENERATED_CODE = new Set(['bench', 'simulate'])

/** Nothing in this project reports to anybody. */
const QUIET = {
  NEXT_TELEMETRY_DISABLED: '1',
  TURBO_TELEMETRY_DISABLED: '1',
  DO_NOT_TRACK: '1',
  CHECKPOINT_DISABLE: '1',
}

/**
 * Runs the script named first, with the rest as its arguments.
 * @param {string[]} args
 * @returns {Promise<number>} its exit code
 */
export async function runScript(args) {
  const [name = '', ...rest] = args
  const script = Object.hasOwn(SCRIPTS, name) ? SCRIPTS[name] : undefined
  if (script === undefined) return refuse(`"${name}" is no script. There are: ${Object.keys(SCRIPTS).join(', ')}.`)
  const installed = await installPackages(ROOT)
  if (installed.kind === 'failed') return refuse(installed.message)
  const node = findNode(ROOT)
  if (node.kind === 'missing') return refuse(node.message)
  if (NEEDS_GENERATED_CODE.has(name)) {
    const code = await runNode(node.path, [join(ROOT, SCRIPTS.generate)])
    if (code !== 0) return code
  }
  const scriptArgs = script.endsWith('run-part.ts') ? [name, ...rest] : rest
  return await runNode(node.path, [join(ROOT, script), ...scriptArgs])
}

/** @param {string} message */
function refuse(message) {
  console.error(message)
  return 1
}

/**
 * The child shares this terminal and process group; the channel lets it notice
 * that this process is gone.
 * @param {string} node
 * @param {string[]} args
 * @returns {Promise<number>}
 */
function runNode(node, args) {
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', ...args], {
    cwd: ROOT,
    env: { ...process.env, ...QUIET, PATH: [join(ROOT, 'node_modules/.bin'), process.env.PATH].join(delimiter) },
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  })
  // A terminal sends Ctrl-C to the whole group, so that it may arrive twice there; each script takes both for one.
  const passOn = (signal) => child.kill(signal)
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, passOn)
  const watch = watchNpm(() => child.kill('SIGTERM'))
  return new Promise((done) => {
    child.once('error', (error) => done(refuse(`Cannot run ${node}: ${error.message}`)))
    child.once('exit', (code, signal) => {
      clearInterval(watch)
      for (const name of signals) process.off(name, passOn)
      done(code ?? 128 + constants.signals[signal])
    })
  })
}

const LOOK_EVERY_MS = 250

/**
 * An npm that is killed cannot pass anything on, and what it started would stay for ever.
 * @param {() => void} onGone
 */
function watchNpm(onGone) {
  const npm = process.env.npm_lifecycle_event === undefined ? null : process.ppid
  const watch = setInterval(() => {
    if (npm === null || process.ppid === npm) return
    clearInterval(watch)
    onGone()
  }, LOOK_EVERY_MS)
  return watch.unref()
}
