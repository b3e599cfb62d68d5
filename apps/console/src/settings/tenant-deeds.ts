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
import { changedMeanwhile, runIfStill } from '../graphql/run-if-still.ts'
import { runMutation } from '../graphql/run-mutation.ts'
import type { Deed } from '../notices/notice-board.ts'
import type { ActionOutcome } from '../ui/action.ts'
import { areQuotas, quotasInputOf } from './quota-input.ts'

export function suspend(tenant: string): Promise<ActionOutcome> {
  return runMutation(SuspendTenantDocument, { tenant, closeSessions: false }, (result) => result.suspendTenant.problem)
}

export function resume(tenant: string): Promise<ActionOutcome> {
  return runMutation(ResumeTenantDocument, { tenant }, (result) => result.resumeTenant.problem)
}

export function suspendDeed(name: string): Deed {
  return {
    about: `tenant ${name}`,
    done: `The tenant ${name} is suspended.`,
    undone: `the tenant ${name} may open sessions again.`,
    undo: () =>
      runWhile(
        name,
        ({ phase }) => phase === 'SUSPENDED',
        () => resume(name),
      ),
  }
}

export function resumeDeed(name: string): Deed {
  return {
    about: `tenant ${name}`,
    done: `The tenant ${name} may open sessions again.`,
    undone: `the tenant ${name} is suspended.`,
    undo: () =>
      runWhile(
        name,
        ({ phase }) => phase === 'ACTIVE',
        () => suspend(name),
      ),
  }
}

export function setQuotas(input: SetTenantQuotasInput): Promise<ActionOutcome> {
  return runMutation(SetTenantQuotasDocument, { input }, (result) => result.setTenantQuotas.problem)
}

/** `before` are the quotas that there were, `set` what was asked for. */
export function quotasDeed(before: QuotasFragment, set: SetTenantQuotasInput): Deed {
  const { tenant } = set
  return {
    about: `quotas of ${tenant}`,
    done: `The quotas of ${tenant} are saved.`,
    undone: `${tenant} has the quotas that it had before.`,
    undo: () =>
      runWhile(
        tenant,
        ({ quotas }) => areQuotas(quotas, set),
        () => setQuotas(quotasInputOf(tenant, before)),
      ),
  }
}

type Tenant = NonNullable<TenantStandingQuery['tenant']>

function runWhile(
  name: string,
  isAsLeft: (tenant: Tenant) => boolean,
  act: () => Promise<ActionOutcome>,
): Promise<ActionOutcome> {
  const whyNot = ({ tenant }: TenantStandingQuery): string | null => {
    if (tenant === null) return `The tenant ${name} is gone.`
    return isAsLeft(tenant) ? null : changedMeanwhile(`The tenant ${name}`)
  }
  return runIfStill({ document: TenantStandingDocument, variables: { name }, whyNot }, act)
}
