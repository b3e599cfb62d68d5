import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { eventually, FornaxRun, gone, scratchFolder } from './test/fornax-run.ts'

describe('a start that works', () => {
  it('says where everything is, once all parts are ready', async () => {
    using folder = scratchFolder()
    await using run = new FornaxRun({ dataDir: folder.path })
    await run.ready()
    const ready = JSON.parse(readFileSync(join(folder.path, 'ready.json'), 'utf8'))
    const [, apiPort, linkPort] = /ports (\d+) (\d+)/.exec(run.notes('core').join()) ?? []
    expect(ready).toEqual({
      console: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      api: `http://127.0.0.1:${apiPort}`,
      nodeLink: `127.0.0.1:${linkPort}`,
      tokenFile: join(folder.path, 'admin-token'),
      pid: run.child.pid,
    })
    expect(run.output).toContain(`${ready.api}/graphql`)
    expect(run.output).toContain('npx fornax open hello')
  })

  it('keeps tokens and the folder for its user alone, and shows the token only when it is made', async () => {
    using folder = scratchFolder()
    const dataDir = join(folder.path, 'data')
    const shown = []
    for (let time = 0; time < 2; time += 1) {
      await using run = new FornaxRun({ dataDir })
      await run.ready()
      const token = readFileSync(join(dataDir, 'admin-token'), 'utf8').trim()
      shown.push(run.output.includes(token))
      run.child.kill('SIGTERM')
      await run.exitCode
    }
    expect(shown).toEqual([true, false])
    expect(statSync(dataDir).mode & 0o777).toBe(0o700)
    expect(statSync(join(dataDir, 'admin-token')).mode & 0o777).toBe(0o600)
    expect(statSync(join(dataDir, 'join-token')).mode & 0o777).toBe(0o600)
  })

  it('takes the token it is given, shows it to no one, and tells only the core', async () => {
    using folder = scratchFolder()
    await using run = new FornaxRun({ dataDir: folder.path, env: { FORNAX_ADMIN_TOKEN: 'a-token-of-my-own' } })
    await run.ready()
    expect(readFileSync(join(folder.path, 'admin-token'), 'utf8')).toBe('a-token-of-my-own\n')
    expect(run.output).not.toContain('a-token-of-my-own')
    expect(run.notes('core')[0]).toContain('secrets a-token-of-my-own')
    expect([run.notes('agent')[0], run.notes('console')[0]]).toEqual([
      expect.stringContaining('secrets none'),
      expect.stringContaining('secrets none'),
    ])
  })

  it('lets core and agent keep what Node has compiled, in the data folder', async () => {
    using folder = scratchFolder()
    await using run = new FornaxRun({ dataDir: folder.path })
    await run.ready()
    const cache = `compile cache ${join(folder.path, 'compile-cache')}`
    expect(run.notes('core')).toContain(cache)
    expect(run.notes('agent')).toContain(cache)
    expect(run.notes('console')).toContain('compile cache none')
  })

  it('shows a new token even when the start that made it failed', async () => {
    using folder = scratchFolder()
    await using failing = new FornaxRun({ dataDir: folder.path, parts: ['fails'] })
    expect(await failing.exitCode).toBe(1)
    await using run = new FornaxRun({ dataDir: folder.path })
    await run.ready()
    expect(run.output).toContain(readFileSync(join(folder.path, 'admin-token'), 'utf8').trim())
  })

  it('works without the console', async () => {
    using folder = scratchFolder()
    await using run = new FornaxRun({ dataDir: folder.path, env: { FORNAX_CONSOLE: 'off' } })
    await run.ready()
    expect(JSON.parse(readFileSync(join(folder.path, 'ready.json'), 'utf8')).console).toBeNull()
    expect(run.notes('console')).toEqual([])
  })

  it('writes everything into the logs, and what matters to the terminal as well', async () => {
    using folder = scratchFolder()
    await using run = new FornaxRun({ dataDir: folder.path })
    await run.ready()
    expect(run.output).toContain('agent: warning: worth a look: because')
    expect(run.output).not.toContain('not worth a look')
    expect(readFileSync(join(folder.path, 'logs/agent.log'), 'utf8')).toContain('not worth a look')
  })
})

describe('being asked to end', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    '%s ends everything within 5 s, pods first, and cleans up',
    async (signal) => {
      using folder = scratchFolder()
      await using run = new FornaxRun({ dataDir: folder.path })
      await run.ready()
      const askedMs = Date.now()
      run.child.kill(signal)
      expect(await run.exitCode).toBe(0)
      expect(Date.now() - askedMs).toBeLessThan(5_000)
      expect(run.notes('agent').at(-1)).toBe('{"type":"stop","pods":"end"}')
      expect(run.notes('core').at(-1)).toBe('SIGTERM')
      await Promise.all([...run.pids('core'), ...run.pids('agent'), ...run.pids('console')].map(gone))
      expect(existsSync(join(folder.path, 'ready.json'))).toBe(false)
      expect(existsSync(join(folder.path, 'parts.json'))).toBe(false)
    },
  )

  it('is not delayed beyond 5 s by parts that do not listen', async () => {
    using folder = scratchFolder()
    await using run = new FornaxRun({ dataDir: folder.path, parts: ['stubborn', 'stubborn', 'stubborn'] })
    await run.ready()
    const askedMs = Date.now()
    run.child.kill('SIGINT')
    expect(await run.exitCode).toBe(0)
    expect(Date.now() - askedMs).toBeLessThan(5_000)
    await Promise.all([...run.pids('core'), ...run.pids('agent')].map(gone))
  })

  it('a second time ends everything at once', async () => {
    using folder = scratchFolder()
    await using run = new FornaxRun({ dataDir: folder.path, parts: ['stubborn', 'stubborn', 'stubborn'] })
    await run.ready()
    const askedMs = Date.now()
    run.child.kill('SIGINT')
    setTimeout(() => run.child.kill('SIGINT'), 600)
    await run.exitCode
    expect(Date.now() - askedMs).toBeLessThan(2_500)
  })

  it('is heard while it still starts', async () => {
    using folder = scratchFolder()
    await using run = new FornaxRun({ dataDir: folder.path, parts: ['lives', 'silent'] })
    await eventually(() => run.pids('agent').length === 1)
    run.child.kill('SIGINT')
    expect(await run.exitCode).toBe(0)
    await Promise.all([...run.pids('core'), ...run.pids('agent')].map(gone))
    expect(run.output).not.toContain('Fornax is ready')
  })

  it('includes that the script which started it is gone', async () => {
    using folder = scratchFolder()
    await using run = new FornaxRun({ dataDir: folder.path })
    await run.ready()
    run.child.disconnect()
    expect(await run.exitCode).toBe(0)
  })
})

describe('a part that dies', () => {
  it('is started again, on the ports it had', async () => {
    using folder = scratchFolder()
    await using run = new FornaxRun({ dataDir: folder.path, parts: ['dies-once'] })
    await run.ready()
    await eventually(() => run.pids('core').length === 2)
    const ports = run.notes('core').flatMap((line) => /ports \d+ \d+/.exec(line)?.[0] ?? [])
    expect(new Set(ports).size).toBe(1)
    expect(run.output).toContain('The core was ended by SIGKILL; starting it again (1 of 3 within a minute).')
    expect(run.pids('agent')).toHaveLength(1)
  })

  it('for the fourth time within a minute ends everything, with a clear message', async () => {
    using folder = scratchFolder()
    await using run = new FornaxRun({ dataDir: folder.path, parts: ['lives', 'dies'] })
    expect(await run.exitCode).toBe(1)
    expect(run.pids('agent')).toHaveLength(4)
    expect(run.output).toContain('The agent was ended by SIGKILL, for the fourth time within a minute.')
    expect(run.output).toContain('Fornax stops everything')
    await Promise.all(run.pids('core').map(gone))
    expect(existsSync(join(folder.path, 'ready.json'))).toBe(false)
  })

  it('before it was ever ready is not tried again: its words are shown, and nothing is left', async () => {
    using folder = scratchFolder()
    await using run = new FornaxRun({ dataDir: folder.path, parts: ['fails'] })
    expect(await run.exitCode).toBe(1)
    expect(run.output).toContain('core: the database is of a newer version')
    expect(run.output).toContain('The core stopped with exit code 1 before it was ready.')
    expect(run.notes('agent')).toEqual([])
  })
})

describe('a supervisor that was killed', () => {
  it('takes its parts with it, and the next one starts on the same folder', async () => {
    using folder = scratchFolder()
    await using first = new FornaxRun({ dataDir: folder.path })
    await first.ready()
    first.child.kill('SIGKILL')
    await using second = new FornaxRun({ dataDir: folder.path })
    await second.ready()
    expect(first.notes('core')).toContain('disconnect')
    expect(first.notes('agent')).toContain('disconnect')
    expect(JSON.parse(readFileSync(join(folder.path, 'ready.json'), 'utf8')).pid).toBe(second.child.pid)
  })
})

describe('what cannot work is refused before anything starts', () => {
  it('a second start on the same data folder', async () => {
    using folder = scratchFolder()
    await using first = new FornaxRun({ dataDir: folder.path })
    await first.ready()
    await using second = new FornaxRun({ dataDir: folder.path })
    expect(await second.exitCode).toBe(1)
    expect(second.output).toContain(`Another Fornax already uses the data folder ${folder.path}.`)
    expect(second.output).toContain(`Its process is ${first.child.pid}`)
    expect(first.child.exitCode).toBeNull()
  })

  it('a port that is taken', async () => {
    using folder = scratchFolder()
    await using taken = await takePort()
    await using run = new FornaxRun({ dataDir: folder.path, env: { FORNAX_API_PORT: String(taken.port) } })
    expect(await run.exitCode).toBe(1)
    expect(run.output).toContain(`Port ${taken.port} is taken by another program.`)
    expect(run.output).toContain('FORNAX_API_PORT')
    expect(run.notes('core')).toEqual([])
  })

  it('one port for two purposes', async () => {
    using folder = scratchFolder()
    const env = { FORNAX_API_PORT: '24611', FORNAX_NODELINK_PORT: '24611' }
    await using run = new FornaxRun({ dataDir: folder.path, env })
    expect(await run.exitCode).toBe(1)
    expect(run.output).toContain('FORNAX_NODELINK_PORT and FORNAX_API_PORT are both 24611')
  })

  it('an address that is not of this machine', async () => {
    using folder = scratchFolder()
    const env = { FORNAX_HOST: '192.0.2.7', FORNAX_API_PORT: '24612' }
    await using run = new FornaxRun({ dataDir: folder.path, env })
    expect(await run.exitCode).toBe(1)
    expect(run.output).toContain('This machine has no address 192.0.2.7.')
  })

  it('a setting that nobody knows', async () => {
    using folder = scratchFolder()
    await using run = new FornaxRun({ dataDir: folder.path, env: { FORNAX_RUNTYME: 'auto' } })
    expect(await run.exitCode).toBe(1)
    expect(run.output).toContain('Did you mean FORNAX_RUNTIME?')
  })

  it('a file where the data folder should be', async () => {
    using folder = scratchFolder()
    const dataDir = join(folder.path, 'file')
    writeFileSync(dataDir, '')
    await using run = new FornaxRun({ dataDir })
    expect(await run.exitCode).toBe(1)
    expect(run.output).toContain('there is a file in its place')
  })

  it('an empty token file', async () => {
    using folder = scratchFolder()
    writeFileSync(join(folder.path, 'admin-token'), '')
    await using run = new FornaxRun({ dataDir: folder.path })
    expect(await run.exitCode).toBe(1)
    expect(run.output).toContain('is empty. Remove it to get a new one.')
    expect(run.notes('core')).toEqual([])
  })

  describe('as an unprivileged user', () => {
    // Root may write anywhere, so the run becomes somebody else; other users are that already.
    const unprivileged = process.getuid?.() === 0 ? { uid: 65_534 } : {}

    it('a data folder that is not writable', async () => {
      using folder = scratchFolder()
      const closed = join(folder.path, 'closed')
      mkdirSync(closed, { mode: 0o555 })
      await using run = new FornaxRun({ dataDir: closed, ...unprivileged })
      expect(await run.exitCode).toBe(1)
      expect(run.output).toMatch(/The data folder \S+ cannot be used: it is not writable for this user/)
      expect(run.notes('core')).toEqual([])
    })
  })
})

async function takePort() {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return { port, [Symbol.asyncDispose]: () => new Promise<void>((done) => void server.close(() => done())) }
}
