/**
 * Names for what outlives the process that made it, such as a network namespace: they say whose it is, so that
 * the next run finds what a killed one has left, and leaves alone what belongs to one that still runs.
 */
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'

const NAME = /^fornax-fault-(\d+)-(\d+)-[0-9a-f]+$/

/** A new name of ours. */
export function ownName(): string {
  return `fornax-fault-${process.pid}-${startTicksOf(process.pid)}-${randomBytes(3).toString('hex')}`
}

/** Whether it is a name of this kind whose maker has ended. A pid alone may have come to name somebody else. */
export function isLeftOver(name: string): boolean {
  const [, pid, startTicks] = NAME.exec(name) ?? []
  return pid !== undefined && startTicksOf(Number(pid)) !== startTicks
}

function startTicksOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return 'ended'
  }
}

/** Administrators' programs are not on everybody's path. */
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** What a tool prints. Throws what it complains of. */
export function runTool(command: readonly string[], input = ''): string {
  const [program = '', ...args] = command
  const { status, stdout, stderr, error } = spawnSync(program, args, { input, encoding: 'utf8', env: { PATH } })
  if (error !== undefined) throw new Error(`${program} cannot be run`, { cause: error })
  if (status !== 0) throw new Error(`${command.join(' ')}: ${stderr.trim()}`)
  return stdout
}

/** Whether this user is root and has the tools. */
export function canUse(...programs: readonly string[]): boolean {
  if (process.getuid?.() !== 0) return false
  return programs.every((program) => spawnSync('which', [program], { env: { PATH } }).status === 0)
}
