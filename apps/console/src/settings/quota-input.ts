/** The quotas of a tenant as a person typed them, and as the API takes them. Nothing typed: no bound. Pure. */
import type { QuotasFragment, SetTenantQuotasInput } from '../graphql/generated/documents.ts'

type Quotas = QuotasFragment

export const QUOTA_FIELDS = ['sessions', 'pods', 'opensPerSecond', 'cpus', 'memoryGib'] as const
export type QuotaField = (typeof QUOTA_FIELDS)[number]
export type TypedQuotas = Readonly<Record<QuotaField, string>>
export type QuotaProblems = Partial<Record<QuotaField, string>>

export type QuotaVerdict =
  | { readonly kind: 'input'; readonly input: SetTenantQuotasInput }
  | { readonly kind: 'problems'; readonly problems: QuotaProblems }

const BYTES_PER_GIB = 2 ** 30

/** Quotas that there are, as they would have been typed. */
export function typedQuotasOf({ sessions, pods, opensPerSecond, cpuMillis, memoryBytes }: Quotas): TypedQuotas {
  return {
    sessions: asText(sessions),
    pods: asText(pods),
    opensPerSecond: asText(opensPerSecond),
    cpus: asText(cpuMillis === null ? null : cpuMillis / 1_000),
    memoryGib: asText(memoryBytes === null ? null : memoryBytes / BYTES_PER_GIB),
  }
}

/** Quotas that there are, exactly, as the API takes them: what is absent has no bound. */
export function quotasInputOf(tenant: string, quotas: Quotas): SetTenantQuotasInput {
  const { sessions, pods, opensPerSecond, cpuMillis, memoryBytes } = quotas
  return {
    tenant,
    ...(sessions === null ? {} : { sessions }),
    ...(pods === null ? {} : { pods }),
    ...(opensPerSecond === null ? {} : { opensPerSecond }),
    ...(cpuMillis === null ? {} : { cpuMillis }),
    ...(memoryBytes === null ? {} : { memoryBytes }),
  }
}

/** Whether these quotas are what that input asked for. */
export function areQuotas(quotas: Quotas, input: SetTenantQuotasInput): boolean {
  const fields = ['sessions', 'pods', 'opensPerSecond', 'cpuMillis', 'memoryBytes'] as const
  return fields.every((field) => quotas[field] === (input[field] ?? null))
}

/** The input, or what is wrong. The API checks everything once more. */
export function toQuotasInput(tenant: string, typed: TypedQuotas): QuotaVerdict {
  const problems: QuotaProblems = {}
  for (const field of ['sessions', 'pods'] as const)
    if (!isEmpty(typed[field]) && !/^\s*\d{1,9}\s*$/.test(typed[field])) problems[field] = 'A whole number, or nothing.'
  if (!isEmpty(typed.opensPerSecond) && !/^\s*[1-9]\d{0,8}\s*$/.test(typed.opensPerSecond))
    problems.opensPerSecond = 'A whole number from 1 on, or nothing.'
  for (const field of ['cpus', 'memoryGib'] as const)
    if (!isEmpty(typed[field]) && !/^\s*\d{1,6}(\.\d{1,3})?\s*$/.test(typed[field]))
      problems[field] = 'A number, or nothing.'
  if (Object.keys(problems).length > 0) return { kind: 'problems', problems }
  const number = (field: QuotaField, unit = 1): number => Math.round(Number(typed[field]) * unit)
  return {
    kind: 'input',
    input: {
      tenant,
      ...(isEmpty(typed.sessions) ? {} : { sessions: number('sessions') }),
      ...(isEmpty(typed.pods) ? {} : { pods: number('pods') }),
      ...(isEmpty(typed.opensPerSecond) ? {} : { opensPerSecond: number('opensPerSecond') }),
      ...(isEmpty(typed.cpus) ? {} : { cpuMillis: number('cpus', 1_000) }),
      ...(isEmpty(typed.memoryGib) ? {} : { memoryBytes: number('memoryGib', BYTES_PER_GIB) }),
    },
  }
}

function isEmpty(text: string): boolean {
  return text.trim() === ''
}

function asText(value: number | null): string {
  return value === null ? '' : String(value)
}
