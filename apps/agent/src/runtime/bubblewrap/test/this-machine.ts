/** For tests: what this machine and this user can do, so that a test is skipped and not failed where it cannot be. */
import { Cgroups } from '../../cgroups.ts'
import { canRuleNetworks } from '../../network/test/this-machine.ts'
import { isBubblewrapUsable } from '../bubblewrap-probe.ts'

const isUsable = await isBubblewrapUsable(process.env['PATH'] ?? '')

/** Whether pods can be sandboxed at all. */
export const canSandbox = isUsable

/** Whether pods can have networks of their own. */
export const canOwnNetworks = isUsable && canRuleNetworks

/** Whether pods can have limits. */
export const canLimit = isUsable && hasCgroups()

function hasCgroups(): boolean {
  const groups = Cgroups.open(`fornax-probe-${process.pid}`)
  groups?.removeAll()
  return groups !== null
}
