/** `fornax tenant`: who owns what, how much they may have, and whether they may have it. */
import {
  CreateTenantDocument,
  DeleteTenantDocument,
  ResumeTenantDocument,
  SetTenantQuotasDocument,
  SuspendTenantDocument,
  TenantDocument,
  TenantsDocument,
  type TenantsQuery,
} from '@fornax/client/generated/documents'
import { CliError } from '../cli-error.ts'
import { say, type CommandContext } from '../command-context.ts'
import { ageOf } from '../output/age.ts'
import { formatBytes, formatCpu } from '../output/quantity.ts'
import type { Format } from '../output/structured.ts'
import type { Column } from '../output/table.ts'
import { errorOf, present } from '../problem.ts'
import type { Quota } from '../options.ts'
import { printList } from './print-list.ts'

type Tenant = TenantsQuery['tenants'][number]

const columns: readonly Column<Tenant>[] = [
  { header: 'NAME', cell: ({ name }) => name },
  { header: 'PHASE', cell: ({ phase }) => phase.toLowerCase() },
  { header: 'SESSIONS', cell: ({ usage, quotas }) => ofQuota(usage.sessions, quotas.sessions) },
  { header: 'PODS', cell: ({ usage, quotas }) => ofQuota(usage.pods, quotas.pods) },
  { header: 'CPU', cell: ({ usage, quotas }) => ofQuota(usage.cpuMillis, quotas.cpuMillis, formatCpu) },
  { header: 'MEMORY', cell: ({ usage, quotas }) => ofQuota(usage.memoryBytes, quotas.memoryBytes, formatBytes) },
  { header: 'OPENS/S', cell: ({ quotas }) => (quotas.opensPerSecond === null ? '-' : `${quotas.opensPerSecond}`) },
  { header: 'AGE', cell: ({ createdAt }, now) => ageOf(createdAt, now) },
  { header: 'ID', cell: ({ id }) => id },
]

/** `3/10`; without a quota `3`. */
function ofQuota(used: number, quota: number | null, format: (amount: number) => string = String): string {
  return quota === null ? format(used) : `${format(used)}/${format(quota)}`
}

export async function createTenant(context: CommandContext, name: string): Promise<void> {
  const variables = { input: { name } }
  const { createTenant: payload } = await context.client.request(CreateTenantDocument, variables, {
    signal: context.signal,
  })
  if (payload.problem !== null) throw errorOf(payload.problem)
  say(context, `tenant/${name} created`)
}

export async function listTenants(context: CommandContext, format: Format): Promise<void> {
  const { tenants } = await context.client.request(TenantsDocument, {}, { signal: context.signal })
  const list = { items: tenants, columns, kind: 'Tenant', nameOf: ({ name }: Tenant) => `tenant/${name}` }
  await printList(context, list, format)
}

/** What is not named stays as it is. */
export type QuotaFlags = {
  readonly sessions?: Quota
  readonly pods?: Quota
  readonly cpu?: Quota
  readonly memory?: Quota
  readonly opensPerSecond?: Quota
}

export async function setQuotas(context: CommandContext, name: string, flags: QuotaFlags): Promise<void> {
  const { tenant: known } = await context.client.request(TenantDocument, { name }, { signal: context.signal })
  if (known === null) throw new CliError(`there is no tenant "${name}"`, 'The ones there are: fornax tenant list')
  const { sessions, pods, cpuMillis, memoryBytes, opensPerSecond } = known.quotas
  const input = {
    tenant: name,
    sessions: boundOf(flags.sessions, sessions),
    pods: boundOf(flags.pods, pods),
    cpuMillis: boundOf(flags.cpu, cpuMillis),
    memoryBytes: boundOf(flags.memory, memoryBytes),
    opensPerSecond: boundOf(flags.opensPerSecond, opensPerSecond),
  }
  const { setTenantQuotas } = await context.client.request(
    SetTenantQuotasDocument,
    { input },
    { signal: context.signal },
  )
  if (setTenantQuotas.problem !== null) throw errorOf(setTenantQuotas.problem)
  const list = { items: [present(setTenantQuotas.tenant, 'the tenant')], columns, kind: 'Tenant', nameOf: () => name }
  await printList(context, list, 'table')
}

function boundOf(flag: Quota | undefined, now: number | null): number | null {
  return flag === 'none' ? null : (flag ?? now)
}

export type SuspendFlags = { readonly closeSessions?: true }

export async function suspendTenant(context: CommandContext, name: string, flags: SuspendFlags): Promise<void> {
  const variables = { input: { tenant: name, closeSessions: flags.closeSessions === true } }
  const { suspendTenant: payload } = await context.client.request(SuspendTenantDocument, variables, {
    signal: context.signal,
  })
  if (payload.problem !== null) throw errorOf(payload.problem)
  say(context, `tenant/${name} suspended`)
}

export async function resumeTenant(context: CommandContext, name: string): Promise<void> {
  const variables = { input: { tenant: name } }
  const { resumeTenant: payload } = await context.client.request(ResumeTenantDocument, variables, {
    signal: context.signal,
  })
  if (payload.problem !== null) throw errorOf(payload.problem)
  say(context, `tenant/${name} resumed`)
}

export type DeleteTenantFlags = { readonly yes?: true }

/** Nothing of it can be had back, so it is said twice. */
export async function deleteTenant(context: CommandContext, name: string, flags: DeleteTenantFlags): Promise<void> {
  if (flags.yes !== true) {
    const what = 'its applications, sessions, history, tokens and users go with it'
    throw new CliError(
      `tenant "${name}" was not deleted: ${what}`,
      `Say that you mean it: fornax tenant delete ${name} --yes`,
    )
  }
  const variables = { input: { tenant: name } }
  const { deleteTenant: payload } = await context.client.request(DeleteTenantDocument, variables, {
    signal: context.signal,
  })
  if (payload.problem !== null) throw errorOf(payload.problem)
  say(context, `tenant/${name} is being deleted`)
}
