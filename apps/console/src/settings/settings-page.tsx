'use client'
/** Who may come in, and how a node joins. */
import { Page } from '../ui/page.tsx'
import { useViewer } from '../viewer/viewer-context.tsx'
import { JoinPanel } from './join-panel.tsx'
import { TenantsPanel } from './tenants-panel.tsx'
import { TokensPanel } from './tokens-panel.tsx'
import { UsersPanel } from './users-panel.tsx'

export function SettingsPage() {
  const viewer = useViewer()
  return (
    <Page
      title="Settings"
      lead={viewer === null ? undefined : `You are ${viewer.role.toLowerCase()} of the tenant ${viewer.tenant}.`}
    >
      <div className="grid items-start gap-5 xl:grid-cols-[1fr_26rem]">
        <div className="flex min-w-0 flex-col gap-5">
          <UsersPanel />
          <TokensPanel />
          <TenantsPanel />
        </div>
        <JoinPanel />
      </div>
    </Page>
  )
}
