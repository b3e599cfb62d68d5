'use client'
/** The versions of an application, and the way back to an earlier one. */
import { useState } from 'react'
import { formatBytes, formatCpus } from '../format/quantity.ts'
import {
  ApplicationVersionsDocument,
  PublishVersionDocument,
  type ApplicationRowFragment,
  type VersionFactsFragment,
} from '../graphql/generated/documents.ts'
import { runMutation } from '../graphql/run-mutation.ts'
import { useLiveQuery } from '../live/use-live-query.ts'
import { useNoticeBoard } from '../notices/notice-context.tsx'
import { RelativeTime } from '../time/relative-time.tsx'
import type { ActionOutcome } from '../ui/action.ts'
import { Button } from '../ui/button.tsx'
import { ConfirmDialog } from '../ui/confirm.tsx'
import { PhaseMark } from '../ui/phase-mark.tsx'
import { useRole } from '../viewer/viewer-context.tsx'
import { whyNoApplications } from '../viewer/viewer-rules.ts'
import { versionDeed } from './application-deeds.ts'

type Version = VersionFactsFragment

const PACE_MS = 30_000

export function ApplicationVersions({ application }: { readonly application: ApplicationRowFragment }) {
  const { name, version: newest, fallbackVersion, problem } = application
  const versions = useVersions(application)
  const [backTo, setBackTo] = useState<number | null>(null)
  const reason = whyNoApplications(useRole())
  return (
    <div className="relative overflow-x-auto" role="region" aria-label="Versions, scrollable" tabIndex={0}>
      <table aria-label={`Versions of ${name}`} className="w-full min-w-[44rem]">
        <thead className="text-left text-xs text-faint">
          <tr className="border-b border-line">
            {['Version', 'Runs', 'Ports', 'Needs', 'Made'].map((header) => (
              <th key={header} scope="col" className="px-3 py-2 font-medium first:pl-4">
                {header}
              </th>
            ))}
            <th scope="col" className="px-3">
              <span className="sr-only">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {versions.map((version) => (
            <tr key={version.number} className="border-b border-line/60 last:border-0">
              <td className="px-3 py-2 pl-4 whitespace-nowrap">
                <span className="mr-2 font-medium">v{version.number}</span>
                <Standing
                  isNewest={version.number === newest.number}
                  isServing={version.number === (fallbackVersion?.number ?? newest.number)}
                  isHalted={problem?.isRollOutHalted ?? false}
                />
              </td>
              <Runs version={version} />
              <td className="px-3 py-2 whitespace-nowrap">
                {version.ports.map((port) => `${port.name} ${port.containerPort}`).join(', ') || '–'}
              </td>
              <td className="px-3 py-2 whitespace-nowrap">
                {formatCpus(version.resources.cpuMillis)} CPU, {formatBytes(version.resources.memoryBytes)}
              </td>
              <td className="px-3 py-2 whitespace-nowrap">
                <RelativeTime at={version.createdAt} />
              </td>
              <td className="px-3 py-2 text-right">
                {version.number !== newest.number && (
                  <Button size="small" look="ghost" disabledReason={reason} onClick={() => setBackTo(version.number)}>
                    Roll back to v{version.number}
                  </Button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {backTo !== null && <RollBackDialog application={application} number={backTo} close={() => setBackTo(null)} />}
    </div>
  )
}

function Runs({ version }: { readonly version: Version }) {
  const command = [...version.command, ...version.args].join(' ') || 'as the image says'
  return (
    <td className="max-w-72 px-3 py-2 font-mono text-xs" title={`${version.image}: ${command}`}>
      <div className="truncate">{version.image}</div>
      <div className="truncate text-faint">{command}</div>
    </td>
  )
}

type StandingProps = { readonly isNewest: boolean; readonly isServing: boolean; readonly isHalted: boolean }

/** A version serves until the next one has proven itself. */
function Standing({ isNewest, isServing, isHalted }: StandingProps) {
  if (isServing) return <PhaseMark tone="ready" word="serves" />
  if (!isNewest) return null
  return isHalted ? <PhaseMark tone="danger" word="halted" /> : <PhaseMark tone="starting" word="rolling out" />
}

type RollBackProps = {
  readonly application: ApplicationRowFragment
  readonly number: number
  readonly close: () => void
}

function RollBackDialog({ application, number, close }: RollBackProps) {
  const [before] = useState(application)
  const board = useNoticeBoard()
  const { name, version } = before
  const input = { application: name, revision: before.revision, rollBackTo: number }
  const act = async (): Promise<ActionOutcome> => {
    const outcome = await runMutation(
      PublishVersionDocument,
      { input },
      (result) => result.publishApplicationVersion.problem,
    )
    const after = outcome.result?.publishApplicationVersion.application ?? null
    if (outcome.kind === 'done' && after !== null) board.tell(versionDeed(before, after))
    return outcome
  }
  return (
    <ConfirmDialog
      title={`Roll ${name} back to v${number}?`}
      description={`What v${number} runs is published again, as v${version.number + 1}. Pods are replaced as new ones get ready; open sessions end on the version they began on.`}
      verb="Roll back"
      act={act}
      onClose={close}
    />
  )
}

/** The newest is known already; the older ones are asked for, and again when there is a newer one. */
function useVersions({ id, version: newest }: ApplicationRowFragment): readonly Version[] {
  const { value } = useLiveQuery(ApplicationVersionsDocument, { id }, { paceMs: PACE_MS, on: newest.number })
  const versions =
    value?.node !== null && value?.node !== undefined && 'versions' in value.node ? value.node.versions : []
  return versions.some(({ number }) => number === newest.number) ? versions : [newest, ...versions]
}
