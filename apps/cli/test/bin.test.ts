/** The first step of the command: from any Node to the pinned one. Here the pinned one is a script that we see into. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { CHECKOUT, textOf } from './child.ts'

it('goes on with the pinned Node: same words, same exit code', async () => {
  using checkout = new Checkout('console.log(JSON.stringify(process.argv.slice(2))); process.exitCode = 7')
  const child = checkout.run(['get', 'pods', '--phase', 'a b'])
  const [out, [code]] = await Promise.all([textOf(child.stdout), once(child, 'close')])
  expect({ words: JSON.parse(out).slice(1), code }).toEqual({ words: ['get', 'pods', '--phase', 'a b'], code: 7 })
})

it('hands a signal on, and ends as the command decides', async () => {
  using checkout = new Checkout(
    `process.on('SIGTERM', () => { process.exitCode = 5; clearInterval(alive) })
     const alive = setInterval(() => {}, 1000)
     console.log('ready')`,
  )
  const child = checkout.run(['watch', 'pods'])
  await once(child.stdout ?? child, 'data')
  child.kill('SIGTERM')
  expect(await once(child, 'close')).toEqual([5, null])
})

it('shows a command that a signal ended as a shell does', async () => {
  using checkout = new Checkout(`process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 1000)`)
  expect(await once(checkout.run(['get', 'pods']), 'close')).toEqual([143, null])
})

it('says what to do in a checkout that is not installed', async () => {
  using checkout = new Checkout('')
  rmSync(join(checkout.folder, 'node_modules'), { recursive: true })
  const child = checkout.run(['get', 'pods'])
  const [err, [code]] = await Promise.all([textOf(child.stderr), once(child, 'close')])
  expect({ err, code }).toEqual({
    err: 'error: Fornax is not installed in this folder yet\n  Do that first: npm start\n',
    code: 1,
  })
})

/** A folder with the command and a pinned Node of another version, which runs a script of the test. */
class Checkout implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'fornax-bin-'))

  constructor(script: string) {
    const pinned = join(this.folder, 'node_modules', `node-${process.platform}-${process.arch}`)
    mkdirSync(join(pinned, 'bin'), { recursive: true })
    mkdirSync(join(this.folder, 'node_modules/commander'))
    mkdirSync(join(this.folder, 'apps/cli/bin'), { recursive: true })
    cpSync(join(CHECKOUT, 'apps/cli/bin/fornax.mjs'), join(this.folder, 'apps/cli/bin/fornax.mjs'))
    writeFileSync(join(pinned, 'package.json'), '{ "version": "99.0.0" }')
    writeFileSync(join(this.folder, 'script.mjs'), script)
    const run = `#!/bin/sh\nexec '${process.execPath}' '${join(this.folder, 'script.mjs')}' "$@"\n`
    writeFileSync(join(pinned, 'bin/node'), run, { mode: 0o755 })
  }

  run(words: readonly string[]): ChildProcess {
    return spawn(process.execPath, [join(this.folder, 'apps/cli/bin/fornax.mjs'), ...words])
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true })
  }
}
