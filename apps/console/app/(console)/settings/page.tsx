import type { Metadata } from 'next'
import { SettingsPage } from '../../../src/settings/settings-page.tsx'

export const metadata: Metadata = { title: 'Settings' }

export default function Settings() {
  return <SettingsPage />
}
