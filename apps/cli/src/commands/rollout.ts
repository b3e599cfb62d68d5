/** `fornax rollout`: the versions of an application, and the way back. */
import {
  ApplicationVersionsDocument,
  PublishApplicationVersionDocument,
  type ApplicationVersionsQuery,
  type VersionFieldsFragment,
} from '@fornax/client/generated/documents'
import { CliError } from '../cli-error.ts'
import { nowMs, say, type CommandContext } from '../command-context.ts'
import { bareName } from '../kinds/all-kinds.ts'
import { applicationDefinition, applicationKind } from '../kinds/application-kind.ts'
import { notFound } from '../kinds/find-objects.ts'
import { ageOf } from '../output/age.ts'
import { formatObject, isStructured, type Format } from '../output/structured.ts'
import { formatTable, type Column } from '../output/table.ts'
import { errorOfApplication, present } from '../problem.ts'

type Application = NonNullable<ApplicationVersionsQuery['application']>

export async function printHistory(context: CommandContext, word: string, format: Format): Promise<void> {
  const application = await read(context, bareName(word, applicationKind))
  if (isStructured(format)) {
    const items = application.versions.map((version) => ({ kind: 'ApplicationVersion', ...version }))
    return context.terminal.out(await formatObject({ kind: 'ApplicationVersionList', items }, format))
  }
  const look = { nowMs: nowMs(context), hasColour: context.terminal.hasColour }
  context.terminal.out(formatTable(columnsFor(application), application.versions, look))
}

/** Publishes an earlier version again: the one before the newest, unless another is named. */
export async function undoRollout(context: CommandContext, word: string, toVersion: number | undefined): Promise<void> {
  const name = bareName(word, applicationKind)
  const application = await read(context, name)
  const rollBackTo = toVersion ?? earlierThan(application)
  const variables = { input: { application: name, rollBackTo, revision: application.revision } }
  const answer = await context.client.request(PublishApplicationVersionDocument, variables, { signal: context.signal })
  const { problem, application: changed } = answer.publishApplicationVersion
  if (problem !== null) throw await errorOfApplication(context, problem, name)
  const { version } = present(changed, 'the application')
  say(context, `application/${name} rolled back to version ${rollBackTo}, now version ${version.number}`)
}

async function read(context: CommandContext, name: string): Promise<Application> {
  const { application } = await context.client.request(
    ApplicationVersionsDocument,
    { name },
    { signal: context.signal },
  )
  if (application === null) throw await notFound(applicationDefinition, context, [name])
  return application
}

function earlierThan({ name, version, versions }: Application): number {
  const earlier = versions.map(({ number }) => number).filter((number) => number < version.number)
  if (earlier.length > 0) return Math.max(...earlier)
  throw new CliError(`application "${name}" has only one version`, 'There is nothing to go back to.')
}

function columnsFor({ version, fallbackVersion, problem }: Application): readonly Column<VersionFieldsFragment>[] {
  const newest = problem?.isRollOutHalted === true ? 'newest, halted' : 'newest'
  const state = (number: number): string => {
    if (number === version.number) return newest
    return number === fallbackVersion?.number ? 'serves meanwhile' : '-'
  }
  return [
    { header: 'VERSION', cell: ({ number }) => String(number) },
    { header: 'STATE', cell: ({ number }) => state(number) },
    { header: 'IMAGE', cell: ({ image }) => image },
    { header: 'COMMAND', cell: ({ command, args }) => [...command, ...args].join(' ') || '-' },
    { header: 'AGE', cell: ({ createdAt }, now) => ageOf(createdAt, now) },
  ]
}
