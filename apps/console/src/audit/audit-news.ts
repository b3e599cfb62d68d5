/** What was just written into the audit, as the API tells it: whoever shows records asks for them anew. */
import { follow, type WatchAttempt } from '@fornax/client/watch'
import { systemClock } from '@fornax/kernel/clock'
import { WatchAuditRecordsDocument, type AuditRecordFilter } from '../graphql/generated/documents.ts'
import type { LiveSpec } from '../live/live-list.ts'

/** The records of the newest batch alone: together they would be too many to hold. */
export function auditNewsSpec({
  since: _since,
  until: _until,
  ...where
}: AuditRecordFilter): LiveSpec<{ readonly id: string }> {
  return {
    key: `audit ${JSON.stringify(where)}`,
    follow: (client, from, signal) => {
      const ports = {
        async *subscribe({ after, signal: attempt, onConnected }: WatchAttempt) {
          const batches = client.subscribe(WatchAuditRecordsDocument, { where, after }, { signal: attempt })
          for await (const { watchAuditRecords } of batches) {
            onConnected()
            const { records: items, resourceVersion } = watchAuditRecords
            yield { kind: 'snapshot', items, isLast: true, resourceVersion } as const
          }
        },
        clock: systemClock,
        random: Math.random,
        url: client.url,
      }
      return follow(ports, from, signal)
    },
  }
}
