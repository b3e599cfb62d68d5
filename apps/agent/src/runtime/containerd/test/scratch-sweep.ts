/** For tests: removes all that a scratch containerd made on this machine, whoever started it and however it ended. */
import {
  existsSync,
  globSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
  appendFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { tableName, tagOf } from '../../network/agent-tag.ts'
import { runTool } from '../../network/run-tool.ts'
import { listProcesses, readProcess } from '../../process/process-table.ts'

export const FOLDER_PREFIX = 'fornax-containerd-'

const DIED_WITHIN_MS = 10_000

/** This process is why the folder is there. */
export function noteOwner(folder: string): void {
  writeFileSync(join(folder, 'owner'), `${process.pid} ${readProcess(process.pid)?.startTicks}`)
}

/** An agent that uses the containerd makes things of this tag. */
export function noteTag(folder: string, tag: string): void {
  appendFileSync(join(folder, 'tags'), `${tag}\n`)
}

/** Removes what runs left that were killed. */
export async function sweepLeftovers(): Promise<void> {
  for (const folder of globSync(join(tmpdir(), `${FOLDER_PREFIX}*`))) if (!hasOwner(folder)) await sweep(folder)
}

/** Ends everything of the folder, and removes it. */
export async function sweep(folder: string): Promise<void> {
  const tags = readIfThere(join(folder, 'tags')).split('\n').filter(Boolean)
  for (const tag of tags) thawAll(tag)
  await endProcesses(folder)
  await unmountAll(folder)
  for (const tag of tags) await removeTables(tag)
  const containerIds = bundlesOf(folder).map((path) => basename(path))
  removeSockets(folder)
  removeGroups(new Set([...containerIds, ...tags.map((tag) => `fornax-${tag}`)]))
  await runTool('ip', ['link', 'delete', `fxt${tagOf(folder)}`]).catch(() => undefined) // There was no pod yet.
  rmSync(folder, { recursive: true, force: true })
}

/** What is frozen does not die. */
function thawAll(tag: string): void {
  for (const file of globSync(`/sys/fs/cgroup/freezer/fornax-${tag}/*/freezer.state`)) writeFileSync(file, 'THAWED')
  for (const file of globSync(`/sys/fs/cgroup/fornax-${tag}/*/cgroup.freeze`)) writeFileSync(file, '0')
}

function hasOwner(folder: string): boolean {
  const [pid, startTicks] = readIfThere(join(folder, 'owner')).split(' ').map(Number)
  if (pid === undefined || startTicks === undefined) return false
  return readProcess(pid)?.startTicks === startTicks
}

/** containerd and its shims name the folder in their command lines; containers are below the shims. */
export async function endProcesses(folder: string): Promise<void> {
  for (const endMs = Date.now() + DIED_WITHIN_MS; Date.now() < endMs;) {
    const doomed = processesOf(folder)
    if (doomed.size === 0) return
    for (const pid of doomed) kill(pid)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`processes of ${folder} do not end`)
}

function processesOf(folder: string): ReadonlySet<number> {
  const all = listProcesses().filter(({ isZombie }) => !isZombie)
  const found = new Set(all.filter(({ pid }) => commandLineOf(pid).includes(`${folder}/`)).map(({ pid }) => pid))
  found.delete(process.pid)
  for (let before = -1; before !== found.size;) {
    before = found.size
    for (const { pid, parentPid } of all) if (found.has(parentPid)) found.add(pid)
  }
  return found
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    return // It has just ended.
  }
}

/** Whatever is mounted in the folder. */
export async function unmountAll(folder: string): Promise<void> {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((path) => path.startsWith(`${folder}/`))
  for (const path of mounts.toReversed()) await runTool('umount', ['-l', path]).catch(() => undefined)
}

async function removeTables(tag: string): Promise<void> {
  for (const family of ['inet', 'bridge']) {
    const table = `table ${family} ${tableName(tag)}`
    await runTool('nft', ['-f', '-'], `add ${table}\ndelete ${table}\n`)
  }
}

/** Others make and remove groups at the same time. */
function removeGroups(names: ReadonlySet<string>): void {
  const visit = (folder: string, isOurs: boolean): void => {
    for (const name of foldersIn(folder)) {
      const isNamed = isOurs || names.has(name)
      visit(join(folder, name), isNamed)
      if (isNamed) rmdirSync(join(folder, name))
    }
  }
  visit('/sys/fs/cgroup', false)
}

function foldersIn(folder: string): readonly string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true })
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  } catch {
    return [] // It has just been removed.
  }
}

/** A shim that was killed leaves its socket, which is not in the folder. */
export function removeSockets(folder: string): void {
  for (const bundle of bundlesOf(folder)) {
    const address = readIfThere(join(bundle, 'address'))
    if (address.startsWith(SHIM_SOCKETS)) rmSync(address.slice('unix://'.length), { force: true })
  }
}

const SHIM_SOCKETS = 'unix:///run/containerd/s/'

/** What containerd keeps of each running container. */
function bundlesOf(folder: string): readonly string[] {
  return globSync(join(folder, 'state', 'io.containerd.runtime.v2.task', '*', '*'))
}

function commandLineOf(pid: number): string {
  return readIfThere(`/proc/${pid}/cmdline`)
}

function readIfThere(path: string): string {
  try {
    return existsSync(path) ? readFileSync(path, 'utf8') : ''
  } catch {
    return ''
  }
}
