/** `fornax apply`: makes applications as their manifests say. */
import {
  ApplicationDocument,
  CreateApplicationDocument,
  PublishApplicationVersionDocument,
  UpdateScalingPolicyDocument,
  type ApplicationFieldsFragment,
} from '@fornax/client/generated/documents'
import { unreachable } from '@fornax/kernel/assert'
import { CliError } from '../cli-error.ts'
import { say, type CommandContext } from '../command-context.ts'
import { planApply, type ApplyPlan } from '../manifest/apply-plan.ts'
import { readManifests, type PlacedManifest } from '../manifest/manifest-files.ts'
import { errorOf, present, type ApiProblem } from '../problem.ts'

export type ApplyFlags = { readonly filename: readonly string[]; readonly dryRun?: true }

/** How often to look again when somebody else writes at the same time. */
const ATTEMPTS = 5

/** One after the other, in the order of the files: what is wrong with one keeps those after it from being tried. */
export async function applyManifests(context: CommandContext, flags: ApplyFlags): Promise<void> {
  const manifests = await readManifests(flags.filename, context.terminal)
  for (const placed of manifests) {
    const outcome = await applyOne(context, placed, flags)
    say(
      context,
      `application/${placed.manifest.name} ${outcome}${flags.dryRun === true ? ' (not done: --dry-run)' : ''}`,
    )
  }
}

async function applyOne(context: CommandContext, placed: PlacedManifest, { dryRun }: ApplyFlags): Promise<string> {
  const { manifest } = placed
  for (let attempt = 1; ; attempt += 1) {
    const { application } = await context.client.request(
      ApplicationDocument,
      { name: manifest.name },
      { signal: context.signal },
    )
    const plan = planApply(manifest, application)
    const problem = dryRun === true ? null : await carryOut(context, placed, plan)
    if (problem === null) return describe(plan)
    // The manifest says which revision it means: then another one is for the person to look at.
    const isRace = RACES.includes(problem.code ?? '') && manifest.revision === null
    if (!isRace || attempt === ATTEMPTS) throw placedError(problem, placed)
  }
}

const RACES = ['RevisionConflict', 'ApplicationNameTaken', 'ApplicationNotFound']

async function carryOut(
  context: CommandContext,
  { manifest }: PlacedManifest,
  plan: ApplyPlan,
): Promise<ApiProblem | null> {
  switch (plan.kind) {
    case 'unchanged':
      return null
    case 'create':
      return create(context, manifest)
    case 'change':
      return change(context, manifest.name, plan)
    default:
      return unreachable(plan)
  }
}

async function create(context: CommandContext, manifest: PlacedManifest['manifest']): Promise<ApiProblem | null> {
  const { name, version, scalingPolicy } = manifest
  const input = { name, version, ...(scalingPolicy === null ? {} : { scalingPolicy }) }
  const answer = await context.client.request(CreateApplicationDocument, { input }, { signal: context.signal })
  return answer.createApplication.problem
}

/** Two writes: the second is made from the revision that the first one gave. */
async function change(
  context: CommandContext,
  application: string,
  { version, scalingPolicy, revision }: Extract<ApplyPlan, { readonly kind: 'change' }>,
): Promise<ApiProblem | null> {
  let current = revision
  if (version !== null) {
    const input = { application, version, revision: current }
    const answer = await context.client.request(
      PublishApplicationVersionDocument,
      { input },
      { signal: context.signal },
    )
    const { problem, application: changed } = answer.publishApplicationVersion
    if (problem !== null) return problem
    current = revisionOf(changed)
  }
  if (scalingPolicy === null) return null
  const input = { application, scalingPolicy, revision: current }
  const answer = await context.client.request(UpdateScalingPolicyDocument, { input }, { signal: context.signal })
  return answer.updateScalingPolicy.problem
}

function revisionOf(application: ApplicationFieldsFragment | null): number {
  return present(application, 'the application').revision
}

function describe(plan: ApplyPlan): string {
  if (plan.kind === 'create') return 'created'
  if (plan.kind === 'unchanged') return 'unchanged'
  const parts = [
    plan.version === null ? [] : ['new version'],
    plan.scalingPolicy === null ? [] : ['scaling policy'],
  ].flat()
  return `configured (${parts.join(', ')})`
}

function placedError(problem: ApiProblem, { placeOf, manifest }: PlacedManifest): CliError {
  const error = errorOf(problem)
  const place = placeOf(problem.field ?? 'name')
  return new CliError(`${place}: application "${manifest.name}": ${error.message}`, error.remedy)
}
