/**
 * Creating and changing applications: checked, written to the database, then given to the fleet. Writes of one
 * process come one after another, so that a revision is judged against the latest. A write that fails may have
 * happened all the same: it is read back before the next one is judged.
 */
import type { Application, ApplicationVersion, ScalingPolicy, VersionSpec } from './application.ts'
import type { InputProblem } from './input-problem.ts'
import { policyProblem } from './scaling-policy-rules.ts'
import { nameProblem, specProblem } from './version-rules.ts'

export type CreateApplicationResult =
  | { readonly kind: 'created'; readonly application: Application }
  | { readonly kind: 'nameTaken'; readonly name: string }
  | ({ readonly kind: 'invalid' } & InputProblem)

export type WriteResult =
  | { readonly kind: 'written'; readonly application: Application }
  | { readonly kind: 'applicationNotFound'; readonly application: string }
  | { readonly kind: 'conflict'; readonly currentRevision: number }
  | ({ readonly kind: 'invalid' } & InputProblem)

/** Which application, and the revision that the writer saw; null when the last write wins. */
export type Guard = { readonly tenantId: string; readonly application: string; readonly revision: number | null }

type StoreResult = { readonly kind: 'written' } | { readonly kind: 'conflict'; readonly revision: number }

export type WriteApplicationPorts = {
  readonly nowMs: () => number
  readonly newId: (kind: 'app' | 'ver') => string
  readonly fleet: {
    definitionNamed(tenantId: string, name: string): Application | null
    /** Whether a pod of the version waits for a session. */
    isServing(version: ApplicationVersion): boolean
    putApplication(application: Application): void
    deleteApplication(id: string): void
  }
  readonly store: {
    addApplication(application: Application): Promise<StoreResult>
    publishVersion(application: Application): Promise<StoreResult>
    updateScalingPolicy(applicationId: string, policy: ScalingPolicy, revision: number): Promise<StoreResult>
    versions(applicationId: string): Promise<readonly ApplicationVersion[]>
    removeApplication(applicationId: string): Promise<void>
  }
  /** Runs one write after another. */
  readonly inTurn: <T>(write: () => Promise<T>) => Promise<T>
  readonly doubts: {
    /** Nobody knows what became of a write of this application. */
    add(id: string): void
    /** Gives the fleet what the database has of those; rejects when it cannot be read. */
    settle(): Promise<void>
  }
}

export function createApplication(
  ports: WriteApplicationPorts,
  command: {
    readonly tenantId: string
    readonly name: string
    readonly spec: VersionSpec
    readonly policy: ScalingPolicy
  },
): Promise<CreateApplicationResult> {
  const { name, spec, policy, tenantId } = command
  const problem = nameProblem('name', name) ?? specProblem(spec) ?? policyProblem(policy)
  if (problem) return Promise.resolve({ kind: 'invalid', ...problem })
  return ports.inTurn(async () => {
    await ports.doubts.settle()
    if (ports.fleet.definitionNamed(tenantId, name)) return { kind: 'nameTaken', name }
    const id = ports.newId('app')
    const createdAtMs = ports.nowMs()
    const version = { id: ports.newId('ver'), applicationId: id, number: 1, createdAtMs, spec }
    const base = { id, tenantId, name, revision: 1, createdAtMs, scalingPolicy: policy }
    const application: Application = { ...base, version, fallback: null, isProven: false }
    const result = await written(ports, id, ports.store.addApplication(application))
    if (result.kind === 'conflict') return { kind: 'nameTaken', name }
    ports.fleet.putApplication(application)
    return { kind: 'created', application }
  })
}

/** A new newest version: a spec, or that of an earlier number once more. */
export function publishVersion(
  ports: WriteApplicationPorts,
  command: Guard & {
    readonly change:
      | { readonly kind: 'spec'; readonly spec: VersionSpec }
      | { readonly kind: 'rollBack'; readonly toNumber: number }
  },
): Promise<WriteResult> {
  const { change } = command
  const problem = change.kind === 'spec' ? specProblem(change.spec) : null
  if (problem) return Promise.resolve({ kind: 'invalid', ...problem })
  return guarded(
    ports,
    command,
    async (before) => {
      const spec = change.kind === 'spec' ? change.spec : await specOf(ports, before.id, change.toNumber)
      if (spec === null) return { kind: 'invalid', ...noSuchVersion(command.application, change) }
      const version: ApplicationVersion = {
        id: ports.newId('ver'),
        applicationId: before.id,
        number: before.version.number + 1,
        createdAtMs: ports.nowMs(),
        spec,
      }
      const isOfUse = before.isProven || ports.fleet.isServing(before.version)
      const fallback = isOfUse ? before.version : before.fallback
      return { ...before, revision: before.revision + 1, version, fallback, isProven: false }
    },
    (application) => ports.store.publishVersion(application),
  )
}

export function updateScalingPolicy(
  ports: WriteApplicationPorts,
  command: Guard & { readonly policy: ScalingPolicy },
): Promise<WriteResult> {
  const problem = policyProblem(command.policy)
  if (problem) return Promise.resolve({ kind: 'invalid', ...problem })
  return guarded(
    ports,
    command,
    async (before) => ({ ...before, revision: before.revision + 1, scalingPolicy: command.policy }),
    ({ id, scalingPolicy, revision }) => ports.store.updateScalingPolicy(id, scalingPolicy, revision),
  )
}

export type DeleteApplicationResult = Exclude<WriteResult, { readonly kind: 'invalid' }>

/** Frees the name at once; sessions close and pods end after that. */
export function deleteApplication(ports: WriteApplicationPorts, command: Guard): Promise<DeleteApplicationResult> {
  return ports.inTurn(async () => {
    await ports.doubts.settle()
    const before = found(ports, command)
    if ('kind' in before) return before
    await written(ports, before.id, ports.store.removeApplication(before.id))
    ports.fleet.deleteApplication(before.id)
    return { kind: 'written', application: before }
  })
}

/** Judges the revision, makes the next application, writes it, and hands it to the fleet. */
function guarded(
  ports: WriteApplicationPorts,
  guard: Guard,
  change: (before: Application) => Promise<Application | WriteResult>,
  write: (application: Application) => Promise<StoreResult>,
): Promise<WriteResult> {
  return ports.inTurn(async () => {
    await ports.doubts.settle()
    const before = found(ports, guard)
    if ('kind' in before) return before
    const application = await change(before)
    if ('kind' in application) return application
    const result = await written(ports, application.id, write(application))
    if (result.kind === 'conflict') return { kind: 'conflict', currentRevision: result.revision }
    ports.fleet.putApplication(
      withObserved(ports.fleet.definitionNamed(guard.tenantId, guard.application), application),
    )
    return { kind: 'written', application }
  })
}

/** The outcome of a write; a failed one leaves a doubt. */
async function written<T>(ports: WriteApplicationPorts, id: string, write: Promise<T>): Promise<T> {
  try {
    return await write
  } catch (error) {
    ports.doubts.add(id)
    throw error
  }
}

/** What the fleet learned of the roll-out while the write was on its way is kept. */
export function withObserved(now: Application | null, row: Application): Application {
  if (!now) return row
  if (now.version.id === row.version.id) return { ...row, isProven: now.isProven, fallback: now.fallback }
  return now.isProven ? { ...row, fallback: now.version } : row
}

function found(ports: WriteApplicationPorts, guard: Guard): Application | DeleteApplicationResult {
  const before = ports.fleet.definitionNamed(guard.tenantId, guard.application)
  if (before === null) return { kind: 'applicationNotFound', application: guard.application }
  if (guard.revision !== null && guard.revision !== before.revision)
    return { kind: 'conflict', currentRevision: before.revision }
  return before
}

async function specOf(
  ports: WriteApplicationPorts,
  applicationId: string,
  number: number,
): Promise<VersionSpec | null> {
  const versions = await ports.store.versions(applicationId)
  return versions.find((version) => version.number === number)?.spec ?? null
}

function noSuchVersion(
  application: string,
  change: { readonly kind: string; readonly toNumber?: number },
): InputProblem {
  const message = `rollBackTo is ${change.toNumber}, but "${application}" has no such version; ask for its versions`
  return { field: 'rollBackTo', message }
}
