/** Every key of the console. The sheet shows this list, and nothing else is bound. */
import { paths } from '../path-builder.ts'

export type Shortcut = {
  /** Keys one after the other, with spaces between. */
  readonly keys: string
  readonly does: string
  readonly act: ShortcutAct
}

export type ShortcutAct =
  | { readonly kind: 'go'; readonly path: string }
  | { readonly kind: 'filter' }
  | { readonly kind: 'row'; readonly step: 1 | -1 }
  | { readonly kind: 'help' }

export const SHORTCUTS: readonly Shortcut[] = [
  { keys: 'g f', does: 'Go to the fleet', act: { kind: 'go', path: paths.fleet() } },
  { keys: 'g n', does: 'Go to nodes', act: { kind: 'go', path: paths.nodes() } },
  { keys: 'g a', does: 'Go to applications', act: { kind: 'go', path: paths.applications() } },
  { keys: 'g s', does: 'Go to sessions', act: { kind: 'go', path: paths.sessions() } },
  { keys: '/', does: 'Filter the list', act: { kind: 'filter' } },
  { keys: 'j', does: 'Next row', act: { kind: 'row', step: 1 } },
  { keys: 'k', does: 'Previous row', act: { kind: 'row', step: -1 } },
  { keys: '?', does: 'Show these keys', act: { kind: 'help' } },
]
