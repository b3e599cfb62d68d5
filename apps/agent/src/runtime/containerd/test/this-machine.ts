/** For tests: whether this machine and this user can run containers, so that a test is skipped where it cannot be. */
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { canRuleNetworks } from '../../network/test/this-machine.ts'

const FOLDERS = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin']

/** Where a program is; null: nowhere. */
export function findProgram(name: string): string | null {
  return FOLDERS.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null
}

/** Where the plugins are that make networks: Debian's place, and everybody else's. */
export const CNI_FOLDER = ['/usr/lib/cni', '/opt/cni/bin'].find((folder) => existsSync(join(folder, 'bridge'))) ?? null

const PROGRAMS = ['containerd', 'ctr', 'runc', 'busybox']

/** Whether a containerd of our own can be started, with networks for its pods. */
export const canRunContainers =
  canRuleNetworks && CNI_FOLDER !== null && PROGRAMS.every((name) => findProgram(name) !== null)
