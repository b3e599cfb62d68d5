'use client'
/** That something was written into the audit, as React sees it. */
import { useMemo } from 'react'
import type { AuditRecordFilter } from '../graphql/generated/documents.ts'
import { useLiveList } from '../live/live-context.tsx'
import { auditNewsSpec } from './audit-news.ts'

/** Another value whenever a record was written that is meant. */
export function useAuditNews(where: AuditRecordFilter): unknown {
  const key = JSON.stringify(where)
  // oxlint-disable-next-line react/exhaustive-deps -- The text says whether something else is meant.
  const spec = useMemo(() => auditNewsSpec(where), [key])
  return useLiveList(spec, null).items
}
