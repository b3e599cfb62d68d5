import { Page } from '../../src/ui/page.tsx'
import { RowsSkeleton } from '../../src/ui/skeleton.tsx'

export default function Loading() {
  return (
    <Page title={<span className="skeleton inline-block h-5 w-32" />}>
      <div className="overflow-hidden rounded-xl border border-line bg-panel">
        <RowsSkeleton />
      </div>
    </Page>
  )
}
