/** What a node is short of, and which of its pods go first because of it. */

/** What a node says of itself. */
export type NodePressure = { readonly memory: boolean; readonly disk: boolean; readonly pids: boolean }

export type NodeConditionKind = 'memoryPressure' | 'diskPressure' | 'pidPressure'

export type NodeCondition = {
  readonly kind: NodeConditionKind
  readonly sinceMs: number
}

/** A node of which nothing bad is known. */
export const NO_CONDITIONS: readonly NodeCondition[] = []

const KINDS = {
  memory: 'memoryPressure',
  disk: 'diskPressure',
  pids: 'pidPressure',
} as const satisfies Readonly<Record<keyof NodePressure, NodeConditionKind>>

/** The conditions that follow; what lasts keeps its beginning. */
export function conditionsOf(
  before: readonly NodeCondition[],
  pressure: NodePressure,
  atMs: number,
): readonly NodeCondition[] {
  const shortOf = (['memory', 'disk', 'pids'] as const).filter((resource) => pressure[resource])
  return shortOf.map((resource) => {
    const kind = KINDS[resource]
    return before.find((one) => one.kind === kind) ?? { kind, sinceMs: atMs }
  })
}
