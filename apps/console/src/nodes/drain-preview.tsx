'use client'
/** What a drain would do, as its dialogs say it. */
import { formatRoughMs } from '../format/duration.ts'
import { formatCount, plural } from '../format/quantity.ts'
import type { DrainsPreviewQuery } from '../graphql/generated/documents.ts'
import { SelectField } from '../ui/form.tsx'

const GRACES_MS = [0, 60_000, 600_000, 3_600_000] as const
export const USUAL_GRACE_MS = 60_000

type GraceProps = { readonly graceMs: number; readonly onChange: (graceMs: number) => void }

export function GraceField({ graceMs, onChange }: GraceProps) {
  return (
    <SelectField
      label="Open sessions may go on for"
      value={graceMs}
      onChange={(event) => onChange(Number(event.target.value))}
    >
      {GRACES_MS.map((one) => (
        <option key={one} value={one}>
          {one === 0 ? 'no longer: close them now' : formatRoughMs(one)}
        </option>
      ))}
    </SelectField>
  )
}

type LossProps = { readonly podsStoppingCount: number; readonly sessionCount: number }

export function DrainLoss({ podsStoppingCount, sessionCount }: LossProps) {
  return (
    <p className="border-b border-line px-3 py-2 font-medium">
      {podsStoppingCount === 0 ? 'No pod stops at once' : `${plural(podsStoppingCount, 'idle pod')} stop at once`};{' '}
      {sessionCount === 0 ? 'no session ends.' : `${plural(sessionCount, 'session')} end.`}
    </p>
  )
}

type Applications = DrainsPreviewQuery['drainsPreview']['applications']

export function DrainedApplications({ applications }: { readonly applications: Applications }) {
  if (applications.length === 0) return null
  return (
    <ul aria-label="By application">
      {applications.map(({ applicationName, idlePodCount, roomElsewhere, sessionCount, tenant }) => (
        <li
          key={`${tenant} ${applicationName}`}
          className="flex items-baseline gap-3 border-b border-line/60 px-3 py-1.5 last:border-0"
        >
          <span className="min-w-0 flex-1 truncate" title={applicationName}>
            {applicationName}
          </span>
          <span className={roomElsewhere < idlePodCount ? 'text-warn' : 'text-soft'}>
            {plural(idlePodCount, 'idle pod')}, room elsewhere for {formatCount(roomElsewhere)}
          </span>
          <span className="w-24 text-right text-soft">{plural(sessionCount, 'session')}</span>
        </li>
      ))}
    </ul>
  )
}
