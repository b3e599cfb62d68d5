/** What a node is short of, and which of its pods go first because of it. */

/** What a node says of itself. */
export type NodePressure = { readonly memory: boolean; readonly disk: boolean; readonly pids: boolean }

export type NodeConditionKind = 'memoryPressure' | 'diskPressure' | 'pidPressure'

export type NodeCondition = {
  readonly kind: NodeConditionKind
  readonly sinceMs: number
  /** When the node last said so. */
  readonly saidAtMs: number
}

/**
 * How long a condition lasts after the node last said so. It has enough again because its idle pods went; were it open
 * at once, their pools would fill it again.
 */
export const HELD_MS = 60_000

/** What a node says that has enough of everything. */
export const NO_PRESSURE: NodePressure = { memory: false, disk: false, pids: false }

/** A node of which nothing bad is known. */
export const NO_CONDITIONS: readonly NodeCondition[] = []

const KINDS = {
  memory: 'memoryPressure',
  disk: 'diskPressure',
  pids: 'pidPressure',
} as const satisfies Readonly<Record<keyof NodePressure, NodeConditionKind>>

/** The conditions that follow; what lasts, or is held, keeps its beginning. */
export function conditionsOf(
  before: readonly NodeCondition[],
  pressure: NodePressure,
  atMs: number,
): readonly NodeCondition[] {
  return (['memory', 'disk', 'pids'] as const).flatMap((resource) => {
    const kind = KINDS[resource]
    const known = before.find((one) => one.kind === kind)
    if (pressure[resource]) return [{ kind, sinceMs: known?.sinceMs ?? atMs, saidAtMs: atMs }]
    return known && atMs < known.saidAtMs + HELD_MS ? [known] : []
  })
}
