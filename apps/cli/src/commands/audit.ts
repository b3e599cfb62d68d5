/** `fornax audit …`: what was done and refused, and whether the records of it are whole. */
import {
  AuditRecordsDocument,
  AuditVerificationDocument,
  type AuditRecordFilter,
  type AuditRecordsQuery,
} from '@fornax/client/generated/documents'
import { CliError } from '../cli-error.ts'
import { say, type CommandContext } from '../command-context.ts'
import { ageOf } from '../output/age.ts'
import type { Format } from '../output/structured.ts'
import type { Column } from '../output/table.ts'
import { printList } from './print-list.ts'

type AuditRecord = AuditRecordsQuery['auditRecords']['edges'][number]['node']

const PAGE = 500
const LIST_DEFAULT = 50

const columns: readonly Column<AuditRecord>[] = [
  { header: 'NUMBER', cell: ({ number }) => number },
  { header: 'AGE', cell: ({ at }, now) => ageOf(at, now) },
  { header: 'WHO', cell: ({ actorId, actorKind }) => actorId ?? actorKind.toLowerCase() },
  { header: 'FROM', cell: ({ source }) => source ?? '-' },
  { header: 'ACTION', cell: ({ action }) => action },
  { header: 'OBJECT', cell: ({ object }) => object },
  { header: 'OUTCOME', cell: ({ outcome, problem }) => problem ?? outcome.toLowerCase() },
]

const nameOf = ({ number }: AuditRecord): string => `audit/${number}`

export type AuditFlags = { readonly action?: string; readonly object?: string; readonly since?: string }

export async function listAudit(
  context: CommandContext,
  flags: AuditFlags & { readonly output?: Format },
): Promise<void> {
  const { records } = await page(context, { first: LIST_DEFAULT, after: null, where: filterOf(flags) })
  await printList(context, { items: records, columns, kind: 'AuditRecord', nameOf }, flags.output ?? 'table')
}

/** One JSON text a line, newest first. */
export async function exportAudit(context: CommandContext, flags: AuditFlags): Promise<void> {
  for (let after: string | null = null; ;) {
    const { records, next } = await page(context, { first: PAGE, after, where: filterOf(flags) })
    for (const record of records) say(context, JSON.stringify(record))
    if (next === null) return
    after = next
  }
}

/** Fails with what is wrong when the records are not whole. */
export async function verifyAudit(context: CommandContext): Promise<void> {
  const { auditVerification } = await context.client.request(AuditVerificationDocument, {}, { signal: context.signal })
  const { count, firstNumber, lastNumber, problem } = auditVerification
  if (problem !== null)
    throw new CliError(
      `the audit records are not whole: ${problem}`,
      'Compare with an export or a backup from before; somebody has written to the database.',
    )
  const range = firstNumber === null ? '' : `, ${firstNumber} to ${lastNumber}`
  say(context, `the audit records are whole: ${count}${range}`)
}

async function page(
  context: CommandContext,
  variables: { readonly first: number; readonly after: string | null; readonly where: AuditRecordFilter },
): Promise<{ readonly records: readonly AuditRecord[]; readonly next: string | null }> {
  const { auditRecords } = await context.client.request(AuditRecordsDocument, variables, { signal: context.signal })
  const { edges, pageInfo } = auditRecords
  return { records: edges.map(({ node }) => node), next: pageInfo.hasNextPage ? pageInfo.endCursor : null }
}

function filterOf({ action, object, since }: AuditFlags): AuditRecordFilter {
  return { action: action ?? null, object: object ?? null, since: since ?? null }
}
