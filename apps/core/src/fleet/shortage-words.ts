/** Why pods wait, in a sentence. */
import type { Shortage } from '../scheduler/placement.ts'
import type { ApplicationEntry } from './application-entry.ts'
import type { FleetState } from './fleet-state.ts'

/** Looks at every node: for who asks, and not on the way of a pod. */
export function shortageMessage(state: FleetState, entry: ApplicationEntry): string {
  const shortage = state.groups.shortage(entry.definition.version.spec)
  const { size } = entry.unscheduled
  return `${size} ${size === 1 ? 'pod waits' : 'pods wait'} for room: ${shortageWords(shortage)}`
}

export function shortageWords(shortage: Shortage): string {
  if (shortage.considered === 0)
    return 'no node is ready that offers the runtime and isolation that this version asks for'
  return `of ${shortage.considered} suitable nodes, ${reasons(shortage)}`
}

function reasons({ cpu, memory, pods }: Shortage): string {
  const said = [
    cpu > 0 ? `${cpu} lack CPU` : '',
    memory > 0 ? `${memory} lack memory` : '',
    pods > 0 ? `${pods} have all the pods they may` : '',
  ]
  return said.filter((reason) => reason !== '').join(', ') || 'room has just appeared'
}
