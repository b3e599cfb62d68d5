/** The slowest applications first, warm and cold apart. */
import { formatMs } from '../format/duration.ts'
import { formatCount } from '../format/quantity.ts'
import type { LatencyHistoryQuery, PercentilesFragment } from '../graphql/generated/documents.ts'
import { paths } from '../path-builder.ts'
import type { Column } from '../ui/column.ts'
import { ListLink } from '../ui/list-link.tsx'
import { PlainTable } from '../ui/plain-table.tsx'

type Row = LatencyHistoryQuery['latencyHistory']['applications'][number]
type Objectives = { readonly warmP99Ms: number; readonly coldP99Ms: number }
type Props = { readonly rows: readonly Row[]; readonly objectives: Objectives | null }

export function LatencyByApplication({ rows, objectives }: Props) {
  return (
    <PlainTable
      label="Latency by application"
      columns={[
        NAME,
        ...columnsOf('Warm', warmOf, objectives?.warmP99Ms),
        ...columnsOf('Cold', coldOf, objectives?.coldP99Ms),
      ]}
      rows={rows}
      rowId={({ applicationName, tenant }) => `${tenant} ${applicationName}`}
    />
  )
}

const NAME: Column<Row> = {
  id: 'name',
  header: 'Application',
  cell: ({ applicationName }) => (
    <ListLink href={paths.application(applicationName)} className="font-medium hover:underline">
      {applicationName}
    </ListLink>
  ),
}

function warmOf({ warm }: Row): PercentilesFragment {
  return warm
}

function coldOf({ cold }: Row): PercentilesFragment {
  return cold
}

function columnsOf(
  kind: string,
  of: (row: Row) => PercentilesFragment,
  goalMs: number | undefined,
): readonly Column<Row>[] {
  return [
    {
      id: `${kind} count`,
      header: kind,
      width: 5,
      align: 'end',
      cell: (row) => <Soft>{formatCount(of(row).count)}</Soft>,
    },
    { id: `${kind} p50`, header: `${kind} p50`, width: 7, align: 'end', cell: (row) => <Ms ms={of(row).p50Ms} /> },
    {
      id: `${kind} p99`,
      header: `${kind} p99`,
      width: 7,
      align: 'end',
      cell: (row) => <Ms ms={of(row).p99Ms} goalMs={goalMs} />,
    },
  ]
}

function Soft({ children }: { readonly children: string }) {
  return <span className="text-soft">{children}</span>
}

function Ms({ ms, goalMs }: { readonly ms: number | null; readonly goalMs?: number | undefined }) {
  if (ms === null) return <span className="text-faint">–</span>
  const isSlow = goalMs !== undefined && ms > goalMs
  return (
    <span
      className={isSlow ? 'font-medium text-warn' : ''}
      title={isSlow ? `Should be at most ${formatMs(goalMs)}` : undefined}
    >
      {formatMs(ms)}
    </span>
  )
}
