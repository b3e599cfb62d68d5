import type { Metadata } from 'next'
import { NewApplicationPage } from '../../../src/applications/new-application-page.tsx'

export const metadata: Metadata = { title: 'New application' }

export default function NewApplication() {
  return <NewApplicationPage />
}
