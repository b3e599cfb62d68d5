/** The table of rules as docs/access.md shows it, made of the rules themselves and of what the schema says. */
import { createSchema } from '../../src/graphql/schema.ts'
import { FIELD_RULES, isOperation, mayDo } from '../../src/tenants/access-rules.ts'
import { ROLES } from '../../src/tenants/tenant.ts'
import { rootFields, type RootField, type RootKind } from './schema-walk.ts'

const BEGIN = '<!-- The tables from here are printed by `npm run docs -w @fornax/core`. -->'
const END = '<!-- Until here. -->'

const HEADINGS: Readonly<Record<RootKind, string>> = {
  query: 'Queries',
  mutation: 'Mutations',
  subscription: 'Subscriptions',
}

/** The document with its tables as they must be now. Throws when it has no place for them. */
export function withAccessTables(document: string): string {
  const [before, rest] = document.split(`${BEGIN}\n`)
  const after = rest?.split(`${END}\n`)[1]
  if (before === undefined || after === undefined) throw new Error(`the document lacks "${BEGIN}" or "${END}"`)
  return `${before}${BEGIN}\n\n${tables()}\n\n${END}\n${after}`
}

function tables(): string {
  const fields = rootFields(createSchema()).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const parts = (['query', 'mutation', 'subscription'] as const).map((kind) => {
    const rows = fields.filter((field) => field.kind === kind).map(rowOf)
    return `### ${HEADINGS[kind]}\n\n${table([kind, 'does', ...ROLES], rows)}`
  })
  return [...parts, `### Fields that not everybody reads\n\n${table(['field', 'least role'], fieldRows())}`].join(
    '\n\n',
  )
}

function rowOf({ name, field }: RootField): readonly string[] {
  const isRuled = isOperation(name)
  const may = ROLES.map((role) => (isRuled && mayDo(role, name) ? 'yes' : ''))
  return [`\`${name}\``, firstSentence(field.description ?? ''), ...may]
}

function fieldRows(): readonly (readonly string[])[] {
  return Object.entries(FIELD_RULES).flatMap(([type, rules]) =>
    Object.entries(rules)
      .filter(([, role]) => role !== 'viewer')
      .map(([field, role]) => [`\`${type}.${field}\``, role]),
  )
}

function firstSentence(description: string): string {
  const text = description.replaceAll(/\s+/g, ' ').trim()
  return text.split(/(?<=[.;:]) /)[0]?.replace(/[.;:]$/, '') ?? ''
}

/** In columns as the formatter likes them. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const padded = (row: readonly string[]): string => line(row.map((cell, column) => cell.padEnd(widths[column] ?? 0)))
  return [padded(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(padded)].join('\n')
}
