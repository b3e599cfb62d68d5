/** With root, a network that can be broken is made of namespaces; otherwise connections pass through proxies of the test. */
import type { FaultNetwork } from './fault-network.ts'
import { createNamespaces, NAMESPACE_TOOLS } from './namespaces.ts'
import { canUse } from './owner.ts'
import { createProxies } from './proxies.ts'

/** The best network that this user may make, or the kind that is asked for. */
export function createFaultNetwork(
  nodeNames: readonly string[],
  kind: FaultNetwork['kind'] = canUse(...NAMESPACE_TOOLS) ? 'namespaces' : 'proxies',
): Promise<FaultNetwork> {
  return kind === 'namespaces' ? createNamespaces(nodeNames) : createProxies(nodeNames)
}
