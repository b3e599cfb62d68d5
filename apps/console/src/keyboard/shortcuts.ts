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
  /** Marks the row that has focus, where rows can be marked. */
  | { readonly kind: 'mark' }
  /** Presses the button of the page that says `data-key` with these keys; nothing where there is none. */
  | { readonly kind: 'press' }
  | { readonly kind: 'palette' }
  | { readonly kind: 'help' }

export const SHORTCUTS: readonly Shortcut[] = [
  { keys: 'g f', does: 'Go to the fleet', act: { kind: 'go', path: paths.fleet() } },
  { keys: 'g n', does: 'Go to nodes', act: { kind: 'go', path: paths.nodes() } },
  { keys: 'g a', does: 'Go to applications', act: { kind: 'go', path: paths.applications() } },
  { keys: 'g p', does: 'Go to warm pools', act: { kind: 'go', path: paths.pools() } },
  { keys: 'g s', does: 'Go to sessions', act: { kind: 'go', path: paths.sessions() } },
  { keys: 'g l', does: 'Go to latency', act: { kind: 'go', path: paths.latency() } },
  { keys: 'g e', does: 'Go to events', act: { kind: 'go', path: paths.events() } },
  { keys: 'g u', does: 'Go to audit', act: { kind: 'go', path: paths.audit() } },
  { keys: 'g t', does: 'Go to settings', act: { kind: 'go', path: paths.settings() } },
  { keys: ':', does: 'Find anything, do anything (also Ctrl-K)', act: { kind: 'palette' } },
  { keys: '/', does: 'Filter the list', act: { kind: 'filter' } },
  { keys: 'j', does: 'Next row', act: { kind: 'row', step: 1 } },
  { keys: 'k', does: 'Previous row', act: { kind: 'row', step: -1 } },
  { keys: 'x', does: 'Mark the row, or the node of the map', act: { kind: 'mark' } },
  { keys: 'v', does: 'Map or table', act: { kind: 'press' } },
  { keys: 'p', does: 'Pause or resume what is live', act: { kind: 'press' } },
  { keys: 'o', does: 'Open a session', act: { kind: 'press' } },
  { keys: 'u', does: 'Undo what was just done, where that is offered', act: { kind: 'press' } },
  { keys: '?', does: 'Show these keys', act: { kind: 'help' } },
]
