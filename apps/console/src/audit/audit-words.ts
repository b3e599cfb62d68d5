/** The records of the audit, for people. */
import type { AuditActorKind, AuditOutcome, AuditRowFragment } from '../graphql/generated/documents.ts'
import type { Tone } from '../ui/phase-mark.tsx'

export const OUTCOMES: Readonly<Record<AuditOutcome, { readonly word: string; readonly tone: Tone }>> = {
  DONE: { word: 'Done', tone: 'ready' },
  REFUSED: { word: 'Refused', tone: 'warn' },
  FAILED: { word: 'Failed', tone: 'danger' },
}

const ACTORS: Readonly<Record<AuditActorKind, string>> = {
  CORE: 'the core',
  NODE: 'node',
  NOBODY: 'nobody known',
  VIEWER: '',
}

/** `drainNode` as `Drain node`. */
export function actionWords(action: string): string {
  const words = action.replaceAll(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`).trim()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** Who did it, in a few words. */
export function actorWords({ actorKind, actorId, actorRole }: AuditRowFragment): string {
  const role = actorRole === null ? '' : actorRole.toLowerCase()
  return [ACTORS[actorKind], actorId ?? '', role === '' ? '' : `(${role})`].filter((word) => word !== '').join(' ')
}

/** What changed between two states, line by line; states are JSON, and only what differs is said. */
export function changeLines(before: string | null, after: string | null): readonly string[] {
  const old = fieldsOf(before)
  const now = fieldsOf(after)
  const names = [...new Set([...old.keys(), ...now.keys()])]
  return names.flatMap((name) => {
    const was = old.get(name)
    const is = now.get(name)
    if (was === is) return []
    if (was === undefined) return [`${name}: ${is}`]
    return [is === undefined ? `${name}: ${was} → nothing` : `${name}: ${was} → ${is}`]
  })
}

/** Each leaf with its path. What is no JSON is one field without a name. */
function fieldsOf(json: string | null): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  if (json === null) return fields
  try {
    collect('', JSON.parse(json), fields)
  } catch {
    fields.set('value', json)
  }
  return fields
}

function collect(path: string, value: unknown, fields: Map<string, string>): void {
  if (typeof value !== 'object' || value === null || (Array.isArray(value) && value.length === 0)) {
    fields.set(path === '' ? 'value' : path, JSON.stringify(value))
    return
  }
  for (const [name, part] of Object.entries(value)) collect(path === '' ? name : `${path}.${name}`, part, fields)
}
