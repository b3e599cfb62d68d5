import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CommandShell, IP, NFT } from './command-shell.ts'
import { canRuleNetworks } from './test/this-machine.ts'

describe.skipIf(!canRuleNetworks)('a command line tool that stays', () => {
  it('does one thing after the other, and tells which of them failed', async () => {
    await using shell = new CommandShell(NFT)
    const table = `fornax_shell_${process.pid}`
    const add = (port: number): Promise<void> => shell.run([`add element inet ${table} ports { ${port} }`])
    await shell.run([`add table inet ${table}`, `add set inet ${table} ports { type inet_service; }`])
    const results = await Promise.allSettled([
      add(1),
      shell.run([`delete element inet ${table} ports { 99 }`]),
      add(2),
      shell.run(['nonsense']),
      add(3),
    ])
    expect(results.map(({ status }) => status)).toEqual('fulfilled rejected fulfilled rejected fulfilled'.split(' '))
    expect(String(results[1]?.status === 'rejected' ? results[1].reason : '')).toContain('No such file or directory')
    const listing = execFileSync('nft', ['list', 'set', 'inet', table, 'ports'], { encoding: 'utf8' })
    expect(listing).toContain('{ 1, 2, 3 }')
    await shell.run([`delete table inet ${table}`])
  })

  it('takes a line for all or nothing', async () => {
    await using shell = new CommandShell(NFT)
    const table = `fornax_atom_${process.pid}`
    await shell.run([`add table inet ${table}`])
    await expect(shell.run([`add chain inet ${table} one; delete chain inet ${table} two`])).rejects.toThrow('nft:')
    expect(execFileSync('nft', ['list', 'table', 'inet', table], { encoding: 'utf8' })).not.toContain('one')
    await shell.run([`delete table inet ${table}`])
  })

  it('goes on after a command that failed, and says what did', async () => {
    await using shell = new CommandShell(IP)
    await expect(shell.run(['link show dev lo', 'link del fornax-nobody'])).rejects.toThrow('fornax-nobody')
    await expect(shell.run(['link set lo up'])).resolves.toBeUndefined()
  })

  it('is started anew after some work, and misses none of it', async () => {
    await using shell = new CommandShell(NFT, { workPerProcess: 2 })
    const table = `fornax_anew_${process.pid}`
    const pids = new Set<number>()
    await shell.run([`add table inet ${table}; add set inet ${table} ports { type inet_service; }`])
    const work = [1, 2, 3, 4, 5, 6].map((port) => shell.run([`add element inet ${table} ports { ${port} }`]))
    for (const one of work) {
      await one
      for (const pid of childrenOf(process.pid)) if (nameOf(pid) === 'nft') pids.add(pid)
    }
    expect(pids.size).toBeGreaterThan(2)
    const listing = execFileSync('nft', ['list', 'set', 'inet', table, 'ports'], { encoding: 'utf8' })
    expect(listing.replaceAll(/\s+/g, ' ')).toContain('{ 1, 2, 3, 4, 5, 6 }')
    await shell.run([`delete table inet ${table}`])
  })

  it('does what it was told before it was let go, and nothing that comes later', async () => {
    const shell = new CommandShell(NFT)
    const table = `fornax_last_${process.pid}`
    const work = ['add', 'delete', 'add', 'delete'].map((deed) => shell.run([`${deed} table inet ${table}`]))
    const gone = shell[Symbol.asyncDispose]()
    await expect(shell.run([`add table inet ${table}`])).rejects.toThrow('let go')
    expect((await Promise.allSettled(work)).map(({ status }) => status)).toEqual(work.map(() => 'fulfilled'))
    await gone
    expect(childrenOf(process.pid).map(nameOf)).not.toContain('nft')
  })

  it('leaves nothing of what it was told on the disk', async () => {
    const files = [join(homedir(), '.nft.history'), '/.nft.history']
    const before = files.map(sizeOf)
    const shell = new CommandShell(NFT)
    await shell.run([`add table inet fornax_trace_${process.pid}; delete table inet fornax_trace_${process.pid}`])
    await shell[Symbol.asyncDispose]()
    expect(files.map(sizeOf)).toEqual(before)
  })

  it('comes back after it was killed', async () => {
    await using shell = new CommandShell(IP)
    await shell.run(['link set lo up'])
    for (const pid of childrenOf(process.pid)) if (nameOf(pid) === 'ip') process.kill(pid, 'SIGKILL')
    await expect.poll(() => shell.run(['link set lo up']).then(() => 'done', String)).toBe('done')
  })

  it('is ended when it does not answer, and whoever comes next has another one', async () => {
    await using shell = new CommandShell(IP, { workMs: 1_000 })
    await shell.run(['link set lo up'])
    for (const pid of childrenOf(process.pid)) if (nameOf(pid) === 'ip') process.kill(pid, 'SIGSTOP')
    const stuck = shell.run(['link set lo up'])
    const next = shell.run(['link set lo up'])
    await expect(stuck).rejects.toThrow('ip ended with SIGKILL: no answer within 1000 ms')
    await expect(next).resolves.toBeUndefined()
  })

  it('is not ended for an answer that nobody had the time to read', async () => {
    await using shell = new CommandShell(IP, { workMs: 1_000 })
    await shell.run(['link set lo up'])
    const work = shell.run(['link set lo up'])
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500) // Nothing else runs in this thread.
    await expect(work).resolves.toBeUndefined()
  })

  it('is ended when it does not go', async () => {
    const shell = new CommandShell(IP, { workMs: 1_000 })
    await shell.run(['link set lo up'])
    for (const pid of childrenOf(process.pid)) if (nameOf(pid) === 'ip') process.kill(pid, 'SIGSTOP')
    await shell[Symbol.asyncDispose]()
    expect(childrenOf(process.pid).map(nameOf)).not.toContain('ip')
  })

  it('says so when it cannot be started', async () => {
    await using shell = new CommandShell({ ...IP, program: 'fornax-no-such-tool' })
    await expect(shell.run(['link set lo up'])).rejects.toThrow('fornax-no-such-tool')
  })
})

function childrenOf(pid: number): readonly number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  )
}

function sizeOf(file: string): number | null {
  return statSync(file, { throwIfNoEntry: false })?.size ?? null
}

function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
  } catch {
    return '' // It has just ended.
  }
}
