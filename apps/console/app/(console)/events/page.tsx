import type { Metadata } from 'next'
import { EventsPage } from '../../../src/events/events-page.tsx'

export const metadata: Metadata = { title: 'Events' }

export default function Events() {
  return <EventsPage firstPage={null} />
}
