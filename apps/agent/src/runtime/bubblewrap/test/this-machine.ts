/** For tests: what this machine and this user can do, so that a test is skipped and not failed where it cannot be. */
import { isBubblewrapUsable } from '../bubblewrap-probe.ts'
import { Cgroups } from '../cgroups.ts'
import { runTool } from '../run-tool.ts'

const isUsable = await isBubblewrapUsable(process.env['PATH'] ?? '')
const isRoot = process.geteuid?.() === 0
const hasTools = await allSucceed([
  runTool('nft', ['--version']),
  runTool('ip', ['-V']),
  runTool('ss', ['-V']),
  runTool('conntrack', ['--version']),
])

/** Whether pods can be sandboxed at all. */
export const canSandbox = isUsable

/** Whether the kernel can be told about networks and filters. */
export const canRuleNetworks = isRoot && hasTools

/** Whether pods can have networks of their own. */
export const canOwnNetworks = isUsable && canRuleNetworks

/** Whether pods can have limits. */
export const canLimit = isUsable && hasCgroups()

function hasCgroups(): boolean {
  const groups = Cgroups.open(`fornax-probe-${process.pid}`)
  groups?.removeAll()
  return groups !== null
}

async function allSucceed(work: readonly Promise<unknown>[]): Promise<boolean> {
  const results = await Promise.allSettled(work)
  return results.every(({ status }) => status === 'fulfilled')
}
