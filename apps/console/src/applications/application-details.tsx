'use client'
/** What unfolds below an application: its problem, its policy, its versions. */
import { useEffect, useState, type ReactNode } from 'react'
import { formatExact } from '../format/instant-text.ts'
import { sentence } from '../format/sentence.ts'
import { formatBytes, formatCpus, plural } from '../format/quantity.ts'
import { browserClient } from '../graphql/browser-client.ts'
import {
  ApplicationVersionsDocument,
  type ApplicationRowFragment,
  type VersionFactsFragment,
} from '../graphql/generated/documents.ts'
import { instantMs } from '../time/instant.ts'
import { useNow } from '../time/now.tsx'
import { RelativeTime } from '../time/relative-time.tsx'
import { Icon } from '../ui/icon.tsx'
import { LogLines } from '../ui/log-lines.tsx'
import { policyFacts } from './policy-words.ts'

export function ApplicationDetails({ application }: { readonly application: ApplicationRowFragment }) {
  return (
    <div className="flex flex-col gap-5 px-4 py-4 pl-10 whitespace-normal">
      {application.problem !== null && <Problem problem={application.problem} />}
      <div className="grid gap-x-10 gap-y-5 lg:grid-cols-[18rem_1fr]">
        <Part title="Scaling policy">
          <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-1">
            {policyFacts(application.scalingPolicy).map(([name, value]) => (
              <div key={name} className="contents">
                <dt className="text-faint">{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </Part>
        <Part title="Versions">
          <Versions
            key={application.version.number}
            name={application.name}
            newest={application.version}
            fallback={application.fallbackVersion?.number ?? null}
          />
        </Part>
      </div>
    </div>
  )
}

function Problem({ problem }: { readonly problem: NonNullable<ApplicationRowFragment['problem']> }) {
  return (
    <section aria-label="Problem" className="rounded-lg border border-danger/40 bg-danger-soft/60 p-3">
      <div className="flex items-start gap-2.5">
        <Icon name="warning" className="mt-0.5 text-danger" />
        <div className="min-w-0 flex-1">
          <p className="font-semibold">{sentence(problem.message)}</p>
          <p className="text-soft">
            Since <RelativeTime at={problem.since} />
            {problem.failureCount > 0 && <>, {plural(problem.failureCount, 'failure')} in a row</>}
            {problem.isRollOutHalted && ', the roll-out is halted'}.{' '}
            {problem.retryAt === null ? (
              'The next attempt waits for a change of the application.'
            ) : (
              <NextAttempt at={problem.retryAt} />
            )}
          </p>
        </div>
      </div>
      {problem.lastLogLines.length > 0 && (
        <div className="mt-3">
          <p className="mb-1 text-xs font-medium text-soft">The last lines its pod wrote</p>
          <LogLines
            label="Last lines of the failed pod"
            lines={problem.lastLogLines.map((text) => ({ text, isError: false }))}
          />
        </div>
      )}
    </section>
  )
}

function NextAttempt({ at }: { readonly at: string }) {
  const atMs = instantMs(at)
  const isDue = useNow((nowMs) => nowMs >= atMs)
  if (isDue) return 'The next attempt is due.'
  return (
    <>
      Next attempt <RelativeTime at={at} />.
    </>
  )
}

type VersionsProps = { readonly name: string; readonly newest: VersionFactsFragment; readonly fallback: number | null }

function Versions({ name, newest, fallback }: VersionsProps) {
  const versions = useVersions(name, newest)
  return (
    <div className="overflow-x-auto rounded-lg border border-line">
      <table aria-label={`Versions of ${name}`} className="w-full">
        <thead className="text-left text-xs text-faint">
          <tr className="border-b border-line">
            {['Number', 'Image', 'Runs', 'Ports', 'Needs', 'Made'].map((header) => (
              <th key={header} scope="col" className="px-3 py-1.5 font-medium">
                {header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {versions.map((version) => (
            <tr key={version.number} className="border-b border-line/60 last:border-0">
              <td className="px-3 py-1.5 font-medium whitespace-nowrap">
                v{version.number}{' '}
                <span className="font-normal text-faint">{roleOf(version.number, newest.number, fallback)}</span>
              </td>
              <td className="px-3 py-1.5 font-mono text-xs">{version.image}</td>
              <td className="max-w-64 truncate px-3 py-1.5 font-mono text-xs" title={commandOf(version)}>
                {commandOf(version)}
              </td>
              <td className="px-3 py-1.5 whitespace-nowrap">
                {version.ports.map((port) => `${port.name} ${port.containerPort}`).join(', ') || '–'}
              </td>
              <td className="px-3 py-1.5 whitespace-nowrap">
                {formatCpus(version.resources.cpuMillis)} CPU, {formatBytes(version.resources.memoryBytes)}
              </td>
              <td className="px-3 py-1.5 whitespace-nowrap" title={formatExact(version.createdAt)}>
                <RelativeTime at={version.createdAt} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** The newest is known already; the older ones are asked for. */
function useVersions(name: string, newest: VersionFactsFragment): readonly VersionFactsFragment[] {
  const [versions, setVersions] = useState<readonly VersionFactsFragment[]>([])
  useEffect(() => {
    const abort = new AbortController()
    browserClient()
      .request(ApplicationVersionsDocument, { name }, { signal: abort.signal })
      .then(({ application }) => setVersions(application?.versions ?? []))
      // The newest version is shown in any case; the connection's own state says that something is wrong.
      .catch(() => undefined)
    return () => abort.abort()
  }, [name])
  return versions.length > 0 ? versions : [newest]
}

function roleOf(number: number, newest: number, fallback: number | null): string {
  if (number === fallback) return '· still serving'
  return number === newest ? '· newest' : ''
}

function commandOf(version: VersionFactsFragment): string {
  return [...version.command, ...version.args].join(' ') || 'as the image says'
}

function Part({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section aria-label={title} className="min-w-0">
      <h2 className="mb-2 text-xs font-semibold text-faint">{title}</h2>
      {children}
    </section>
  )
}
