/** Global ids. Everything has one of the core's own, which says its kind; a node has a name, and an id made of it. */
import { kindOfId } from '@fornax/kernel/ids'

const NODE = 'nod-'
const AUDIT_RECORD = /^aud-(\d{1,15})$/

export function computeNodeId(name: string): string {
  return NODE + name
}

/** The number of the record is its name. */
export function auditRecordId(number: number): string {
  return `aud-${number}`
}

/** The object that an id names, if it can be one of ours. */
export type Reference =
  | {
      readonly kind: 'session' | 'pod' | 'application' | 'tenant' | 'apiToken' | 'secret' | 'user' | 'event'
      readonly id: string
    }
  | { readonly kind: 'computeNode'; readonly name: string }
  | { readonly kind: 'auditRecord'; readonly number: number }

export function referenceOf(id: string): Reference | null {
  if (id.startsWith(NODE)) return { kind: 'computeNode', name: id.slice(NODE.length) }
  const [, number] = AUDIT_RECORD.exec(id) ?? []
  if (number !== undefined) return { kind: 'auditRecord', number: Number(number) }
  switch (kindOfId(id)) {
    case 'ses':
      return { kind: 'session', id }
    case 'pod':
      return { kind: 'pod', id }
    case 'app':
      return { kind: 'application', id }
    case 'ten':
      return { kind: 'tenant', id }
    case 'sec':
      return { kind: 'secret', id }
    case 'tok':
      return { kind: 'apiToken', id }
    case 'usr':
      return { kind: 'user', id }
    case 'evt':
      return { kind: 'event', id }
    default:
      return null
  }
}
