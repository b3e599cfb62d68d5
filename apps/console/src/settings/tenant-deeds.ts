/** What was done to a tenant, and how it is taken back while nobody has changed it since. */
import {
  ResumeTenantDocument,
  SetTenantQuotasDocument,
  SuspendTenantDocument,
  TenantStandingDocument,
  type QuotasFragment,
  type SetTenantQuotasInput,
  type TenantStandingQuery,
} from '../graphql/generated/documents.ts'
import { changedMeanwhile, runAsFirst, runIfStill, type OwnedOutcome, type Standing } from '../graphql/run-if-still.ts'
import { runMutation } from '../graphql/run-mutation.ts'
import type { Deed } from '../notices/notice-board.ts'
import type { ActionOutcome } from '../ui/action.ts'
import { areQuotas, quotasInputOf } from './quota-input.ts'

export function suspend(tenant: string): Promise<OwnedOutcome> {
  return runAsFirst(standing(tenant, isActive), () => setSuspended(tenant))
}

export function resume(tenant: string): Promise<OwnedOutcome> {
  return runAsFirst(standing(tenant, isSuspended), () => setActive(tenant))
}

export function suspendDeed(name: string): Deed {
  return {
    about: `tenant ${name}`,
    done: `The tenant ${name} is suspended.`,
    undone: `the tenant ${name} may open sessions again.`,
    undo: () => runIfStill(standing(name, isSuspended), () => setActive(name)),
  }
}

export function resumeDeed(name: string): Deed {
  return {
    about: `tenant ${name}`,
    done: `The tenant ${name} may open sessions again.`,
    undone: `the tenant ${name} is suspended.`,
    undo: () => runIfStill(standing(name, isActive), () => setSuspended(name)),
  }
}

/** Sets them while they are what they were when somebody began to change them. */
export function changeQuotas(before: QuotasFragment, input: SetTenantQuotasInput): Promise<ActionOutcome> {
  const asSeen = quotasInputOf(input.tenant, before)
  return runIfStill(
    standing(input.tenant, ({ quotas }) => areQuotas(quotas, asSeen)),
    () => setQuotas(input),
  )
}

/** `before` are the quotas that there were, `set` what was asked for. */
export function quotasDeed(before: QuotasFragment, set: SetTenantQuotasInput): Deed {
  const { tenant } = set
  return {
    about: `quotas of ${tenant}`,
    done: `The quotas of ${tenant} are saved.`,
    undone: `${tenant} has the quotas that it had before.`,
    undo: () =>
      runIfStill(
        standing(tenant, ({ quotas }) => areQuotas(quotas, set)),
        () => setQuotas(quotasInputOf(tenant, before)),
      ),
  }
}

function setSuspended(tenant: string): Promise<ActionOutcome> {
  return runMutation(SuspendTenantDocument, { tenant, closeSessions: false }, (result) => result.suspendTenant.problem)
}

function setActive(tenant: string): Promise<ActionOutcome> {
  return runMutation(ResumeTenantDocument, { tenant }, (result) => result.resumeTenant.problem)
}

function setQuotas(input: SetTenantQuotasInput): Promise<ActionOutcome> {
  return runMutation(SetTenantQuotasDocument, { input }, (result) => result.setTenantQuotas.problem)
}

type Tenant = NonNullable<TenantStandingQuery['tenant']>

function isActive({ phase }: Tenant): boolean {
  return phase === 'ACTIVE'
}

function isSuspended({ phase }: Tenant): boolean {
  return phase === 'SUSPENDED'
}

function standing(
  name: string,
  isSo: (tenant: Tenant) => boolean,
): Standing<TenantStandingQuery, { readonly name: string }> {
  const whyNot = ({ tenant }: TenantStandingQuery): string | null => {
    if (tenant === null) return `The tenant ${name} is gone.`
    return isSo(tenant) ? null : changedMeanwhile(`The tenant ${name}`)
  }
  return { document: TenantStandingDocument, variables: { name }, whyNot }
}
