/** Who would have no pods without a secret. */
import type { Application } from '../applications/application.ts'
import { secretsOf } from '../applications/provision.ts'

/** The names of the applications of a tenant whose newest version, or the one that serves meanwhile, asks for it. */
export function applicationsWith(
  applications: Iterable<{ readonly definition: Application }>,
  tenantId: string,
  secret: string,
): readonly string[] {
  const names: string[] = []
  for (const { definition } of applications) {
    const { name, version, fallback } = definition
    if (definition.tenantId !== tenantId) continue
    const specs = fallback === null ? [version.spec] : [version.spec, fallback.spec]
    if (specs.some(({ provision }) => secretsOf(provision).has(secret))) names.push(name)
  }
  return names.toSorted()
}
