import {
  ApplicationDocument,
  ApplicationsDocument,
  WatchApplicationsDocument,
  type ApplicationFieldsFragment,
  type PolicyFieldsFragment,
  type VersionFieldsFragment,
} from '@fornax/client/generated/documents'
import { ageOf, formatDuration } from '../output/age.ts'
import { instantWithAge, orNone, type Detail } from '../output/details.ts'
import { formatBytes, formatCpu } from '../output/quantity.ts'
import type { Cell, Column } from '../output/table.ts'
import { toWord } from '../output/tone.ts'
import type { Filters } from './filters.ts'
import type { KindDefinition } from './kind-definition.ts'
import { makeKind } from './kind.ts'

const columns: readonly Column<ApplicationFieldsFragment>[] = [
  { header: 'NAME', usualWidth: 20, cell: (application) => application.name },
  { header: 'VERSION', cell: versionCell },
  { header: 'STANDBY', cell: ({ pool }) => String(pool.standby + pool.hibernated) },
  { header: 'ACTIVE', cell: ({ pool }) => String(pool.active) },
  { header: 'PODS', usualWidth: 7, cell: ({ pool, scalingPolicy }) => `${pool.total}/${scalingPolicy.maxPods}` },
  { header: 'SESSIONS', cell: ({ sessionCount }) => String(sessionCount) },
  { header: 'WAITING', cell: ({ waitingSessionCount }) => String(waitingSessionCount) },
  { header: 'PROBLEM', usualWidth: 10, cell: problemCell },
  { header: 'AGE', usualWidth: 5, cell: ({ createdAt }, nowMs) => ageOf(createdAt, nowMs), isRestless: true },
  { header: 'IMAGE', cell: ({ version }) => version.image, isWide: true },
  { header: 'TARGET', cell: ({ scalingPolicy }) => targetText(scalingPolicy), isWide: true },
  { header: 'TENANT', cell: ({ tenant }) => tenant, isWide: true },
  { header: 'REVISION', cell: ({ revision }) => String(revision), isWide: true },
]

export const applicationDefinition: KindDefinition<ApplicationFieldsFragment, ApplicationFieldsFragment, never> = {
  name: 'application',
  plural: 'applications',
  aliases: ['app', 'apps'],
  typeName: 'Application',
  filters: [],
  phases: [],
  columns,
  nameOf: (application) => application.name,
  isOver: () => false,
  page: async ({ client, signal }, _filters: Filters<never>, at) =>
    (await client.request(ApplicationsDocument, at, { signal })).page,
  one: async ({ client, signal }, name) =>
    (await client.request(ApplicationDocument, { name }, { signal })).application,
  watch: ({ client, signal }) => client.watch(WatchApplicationsDocument, {}, { signal }),
  describe,
}

export const applicationKind = makeKind(applicationDefinition)

/** `3` while it is rolled out: `3 (was 2)`, in one word. */
function versionCell({ version, fallbackVersion }: ApplicationFieldsFragment): Cell {
  if (fallbackVersion === null) return String(version.number)
  return { text: `${fallbackVersion.number}→${version.number}`, tone: 'busy' }
}

function problemCell({ problem }: ApplicationFieldsFragment): Cell {
  return problem === null ? '-' : { text: toWord(problem.kind), tone: 'bad' }
}

/** What is kept warm, in a few words. */
export function targetText({ idleCount, idlePercent }: PolicyFieldsFragment): string {
  if (idleCount !== null) return `${idleCount.low}-${idleCount.high}`
  return idlePercent === null ? '-' : `${idlePercent.low}%-${idlePercent.high}%`
}

function describe(application: ApplicationFieldsFragment, nowMs: number): readonly Detail[] {
  const { pool, fallbackVersion, version } = application
  const serving =
    fallbackVersion === null ? '' : ` (version ${fallbackVersion.number} serves until it has proven itself)`
  return [
    ['Application', application.name],
    ['Tenant', application.tenant],
    ['Created', instantWithAge(application.createdAt, ageOf(application.createdAt, nowMs))],
    ['Revision', String(application.revision)],
    ['Version', `${version.number}${serving}`],
    { section: 'Runs', lines: versionLines(version) },
    { section: 'Scaling', lines: policyLines(application.scalingPolicy) },
    {
      section: 'Pods',
      lines: Object.entries(pool).map(([name, count]) => `${name.padEnd(14)}${count}`),
    },
    ['Sessions', `${application.sessionCount}, of which ${application.waitingSessionCount} wait for a pod`],
    ...imageDetails(application.images),
    ...problemDetails(application.problem),
  ]
}

function versionLines(version: VersionFieldsFragment): readonly string[] {
  const { readiness, resources } = version
  return [
    `image         ${version.image}`,
    `command       ${orNone([...version.command, ...version.args].join(' '))}`,
    `folder        ${orNone(version.workingDirectory)}`,
    ...version.env.map(({ name, value }) => `env           ${name}=${value}`),
    ...version.ports.map((port) => `port          ${port.name} ${port.containerPort} ${port.protocol}`),
    `resources     ${formatCpu(resources.cpuMillis)} CPU, ${formatBytes(resources.memoryBytes)} memory`,
    `readiness     ${readinessText(version.usesSessionService, readiness)}`,
    ...livenessLines(version.liveness),
    ...confinementLines(version),
    `isolation     ${version.minIsolation === 'NONE' ? 'any' : `at least ${toWord(version.minIsolation)}`}`,
    ...(version.runtimeClass === null ? [] : [`runtime       ${version.runtimeClass}`]),
    `sessions      ${version.sessionsPerPod} for each pod`,
    ...version.files.map(({ path, sizeBytes }) => `file          ${path} (${formatBytes(sizeBytes)})`),
    ...version.secrets.map(({ secret, env, path }) => `secret        ${secret} as ${env ?? path ?? ''}`),
    ...version.imagePullSecrets.map((secret) => `pull secret   ${secret}`),
  ]
}

function readinessText(usesSessionService: boolean, readiness: VersionFieldsFragment['readiness']): string {
  const within = `within ${formatDuration(readiness.timeoutMs)}`
  if (readiness.probe !== 'NONE') return `${probeText(readiness)}, ${within}`
  return usesSessionService ? `its session service says so, ${within}` : 'when its process runs'
}

function probeText({ probe, httpPath, portName, command }: Probed): string {
  if (probe === 'EXEC') return `the command ${command.join(' ')}`
  if (probe === 'HTTP') return `GET ${httpPath ?? '/'} at port ${portName ?? '?'}`
  return `a connection to port ${portName ?? '?'}`
}

type Probed = Pick<VersionFieldsFragment['readiness'], 'probe' | 'httpPath' | 'portName' | 'command'>

function livenessLines(liveness: VersionFieldsFragment['liveness']): readonly string[] {
  if (liveness === null) return []
  const { failureThreshold, periodMs } = liveness
  return [`liveness      ${probeText(liveness)}, every ${formatDuration(periodMs)}, ${failureThreshold} may fail`]
}

function confinementLines(version: VersionFieldsFragment): readonly string[] {
  const { user, hasWritableRoot, capabilities, terminationGraceMs } = version
  return [
    ...(user === null ? [] : [`user          ${user}`]),
    ...(hasWritableRoot ? ['root          may be written to'] : []),
    ...(capabilities.length === 0 ? [] : [`capabilities  ${capabilities.join(', ')}`]),
    `end           within ${formatDuration(terminationGraceMs)}`,
  ]
}

function policyLines(policy: PolicyFieldsFragment): readonly string[] {
  const sleep = policy.hibernateAfterMs === null ? 'never' : `after ${formatDuration(policy.hibernateAfterMs)}`
  return [
    `pods          ${policy.minPods} to ${policy.maxPods}, ${policy.burst} a second`,
    `idle          ${targetText(policy)}`,
    `scale down    after ${formatDuration(policy.scaleDownDelayMs)}`,
    `hibernate     ${sleep}, ${policy.keepHot} stay hot`,
    ...(policy.wakeOnTraffic ? ['sessions      sleep too without traffic, and wake with the first packet'] : []),
  ]
}

function imageDetails(images: ApplicationFieldsFragment['images']): readonly Detail[] {
  if (images.length === 0) return []
  const lineOf = ({ nodeName, phase, message, pulledBytes }: (typeof images)[number]): string =>
    `${nodeName.padEnd(14)}${toWord(phase)}${pulledBytes === 0 ? '' : `, ${formatBytes(pulledBytes)}`}${message === null ? '' : `: ${message}`}`
  return [{ section: 'Image on nodes', lines: images.map(lineOf) }]
}

function problemDetails(problem: ApplicationFieldsFragment['problem']): readonly Detail[] {
  if (problem === null) return [['Problem', '<none>']]
  return [
    {
      section: 'Problem',
      lines: [
        `${toWord(problem.kind)}: ${problem.message}`,
        `since ${problem.since}, ${problem.failureCount} failed in a row`,
        ...(problem.isRollOutHalted
          ? ['the roll-out is halted: publish another version, or: fornax rollout undo']
          : []),
        ...(problem.retryAt === null ? [] : [`the next pod is tried at ${problem.retryAt}`]),
      ],
    },
    { section: 'Last log lines', lines: problem.lastLogLines },
  ]
}
