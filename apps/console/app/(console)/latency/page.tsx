import type { Metadata } from 'next'
import { LatencyPage } from '../../../src/latency/latency-page.tsx'

export const metadata: Metadata = { title: 'Latency' }

export default function Latency() {
  return <LatencyPage />
}
