#!/usr/bin/env node
/**
 * The `fornax` command. It runs on whatever Node a machine has, so it is plain JavaScript, and goes on with the Node
 * that the checkout has pinned.
 */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import module from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const BIN = fileURLToPath(import.meta.url)
const CHECKOUT = join(dirname(BIN), '../../..')
const PINNED = join(CHECKOUT, 'node_modules', `node-${process.platform}-${process.arch}`)
/** The oldest Node that runs our sources as they are. */
const OLDEST = [22, 18]
/** 128 and the number of the signal, as a shell shows it. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }

const node = join(PINNED, 'bin', 'node')
const isPinned = !existsSync(node) || pinnedVersion() === process.versions.node

if (!existsSync(join(CHECKOUT, 'node_modules', 'commander'))) {
  console.error('error: Fornax is not installed in this folder yet\n  Do that first: npm start')
  process.exitCode = 1
} else if (!isPinned) {
  rerun()
} else if (isNewEnough()) {
  // What was stripped and compiled once is kept: it halves the time to the first line.
  module.enableCompileCache?.(join(CHECKOUT, 'node_modules', '.cache', 'fornax-cli'))
  await import('../src/main.ts')
} else {
  console.error(`error: the fornax command needs Node ${OLDEST.join('.')} or newer; this is ${process.versions.node}`)
  console.error('  Install a newer one from your system, a version manager or nodejs.org, and run it again.')
  process.exitCode = 1
}

function rerun() {
  const child = spawn(node, [BIN, ...process.argv.slice(2)], { stdio: 'inherit' })
  // A terminal sends Ctrl-C to both of us; a signal to us alone is handed on. Either way the child decides.
  for (const signal of Object.keys(SIGNALS)) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    console.error(`error: ${node} does not start: ${error.message}`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? SIGNALS[signal] ?? 1
  })
}

function pinnedVersion() {
  try {
    return JSON.parse(readFileSync(join(PINNED, 'package.json'), 'utf8')).version
  } catch {
    return null
  }
}

function isNewEnough() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])
}
