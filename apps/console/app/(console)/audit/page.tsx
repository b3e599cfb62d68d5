import type { Metadata } from 'next'
import { AuditPage } from '../../../src/audit/audit-page.tsx'

export const metadata: Metadata = { title: 'Audit' }

export default function Audit() {
  return <AuditPage />
}
