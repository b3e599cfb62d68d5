/** One at a time among processes: two scripts must not write node_modules at once. */
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const LOOK_AGAIN_MS = 250

/**
 * Runs `work` while this process holds the lock file. A file whose process is gone is taken over.
 * @template T
 * @param {string} path
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(path, work) {
  let hasSaid = false
  while (!take(path)) {
    const holder = holderOf(path)
    if (holder === null || !isAlive(holder)) rmSync(path, { force: true })
    else {
      if (!hasSaid) console.log(`Waiting for another script (process ${holder}) that prepares this checkout.`)
      hasSaid = true
      await sleep(LOOK_AGAIN_MS)
    }
  }
  try {
    return await work()
  } finally {
    rmSync(path, { force: true })
  }
}

/** The file appears with its content already in it, so that nobody finds a lock without a holder. @param {string} path */
function take(path) {
  const mine = `${path}.${process.pid}`
  writeFileSync(mine, String(process.pid))
  try {
    linkSync(mine, path)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(mine, { force: true })
  }
}

/** @param {string} path */
function holderOf(path) {
  try {
    return Number(readFileSync(path, 'utf8')) || null
  } catch (error) {
    if (error.code === 'ENOENT') return null
    throw error
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}
