/** What is counted or indexed wrongly is found. That intact books are let be is shown with the other invariants. */
import { describe, expect, it } from 'vitest'
import { findings, introduce, strange, type Broken } from '../../test/support/audit-scene.ts'
import { createPod } from '../fleet/pod-writer.ts'

const BROKEN: readonly Broken[] = [
  ['books', 'a pod has no application', ({ state, entry }) => void state.applications.delete(entry.definition.id)],
  ['books', 'an application does not know its pod', ({ entry, idle }) => void entry.pods.delete(idle)],
  ['books', 'a pod is on hold, or is not, against its node', ({ entry, idle }) => void entry.onHold.add(idle)],
  ['books', 'a pod is listed as unscheduled, or is not', ({ entry, idle }) => void entry.unscheduled.add(idle)],
  ['books', 'a pod is listed as being made, or is not', ({ entry, idle }) => void entry.creating.add(idle)],
  ['books', 'a pod stands where no session would take it', ({ entry, idle }) => entry.warm.remove(idle)],
  ['books', 'a pod that has ended is still listed', ({ idle }) => void (idle.phase = 'terminated')],
  ['books', 'a pod has a node, or has none', ({ idle }) => void (idle.nodeName = null)],
  ['books', 'a node lists a pod, or does not', ({ node, idle }) => void node.podIds.delete(idle.id)],
  ['books', 'applications list other pods than there are', ({ entry, idle }) => void entry.pods.add({ ...idle })],
  ['books', 'nodes list other pods than run', ({ node }) => void node.podIds.add('pod-x')],
  ['books', 'a session is listed as closed, or is not', ({ state, open }) => void state.closedSessions.add(open.id)],
  ['books', 'a session is listed as open, or is not', ({ entry, open }) => void entry.openSessions.delete(open.id)],
  ['books', 'a session is in the queue, or is not', ({ entry, open }) => void entry.queue.add(open.id)],
  ['books', 'a queue holds who does not wait', ({ entry, open }) => void entry.queue.add(open.id)],
  ['books', 'a session is listed as open, and has gone', ({ entry }) => void entry.openSessions.add('ses-x')],
  ['books', 'a key leads to a session that has gone', ({ entry }) => void entry.keys.set('two', 'ses-x')],
  [
    'books',
    'a name leads to an application, or does not',
    ({ state }) => void state.applicationIds.delete('ten-1/game'),
  ],
  ['books', 'pods are counted wrongly', ({ entry }) => void (entry.counts.standby += 1)],
  ['books', 'pods that are standby are counted wrongly', ({ entry }) => void (entry.counts.standby += 1)],
  ['books', 'unscheduled pods are counted wrongly', ({ entry, idle }) => void entry.unscheduled.add({ ...idle })],
  ['books', 'pods that are being made are counted wrongly', ({ entry, idle }) => void entry.creating.add({ ...idle })],
  ['books', 'pods that cannot be reached are counted wrongly', ({ entry }) => void (entry.unreachable += 1)],
  ['books', 'open slots are counted wrongly', ({ entry }) => void (entry.openSlots += 1)],
  [
    'books',
    'pods that a session could take are counted wrongly',
    ({ entry, idle }) => entry.warm.place({ ...idle, sessionIds: new Set() }),
  ],
  ['books', 'idle pods of a version are counted wrongly', ({ entry }) => void entry.idle.set(7, 1)],
  ['books', 'pods in flight of a version are counted wrongly', ({ entry }) => void entry.inFlight.set(1, 1)],
  ['books', 'active pods of a version are counted wrongly', ({ entry }) => entry.active.clear()],
  ['books', 'pods on hold are counted wrongly', ({ entry, idle }) => void entry.onHold.add({ ...idle })],
  [
    'books',
    'pods wait for room, and nobody looks for it',
    ({ state, entry }) => void createPod(state, entry, entry.definition.version),
  ],
  ['books', 'sessions wait beside free pods', ({ entry, open }) => void entry.queue.add(open.id)],
  [
    'books',
    'a deleted application stays',
    ({ state, entry }) => {
      const name = 'gone'
      const gone = { ...entry, definition: { ...entry.definition, id: 'app-x', name }, isDeleted: true }
      state.applications.set('app-x', { ...gone, pods: new Set(), openSessions: new Set() })
      state.applicationChanged(gone)
    },
  ],
  ['books', 'a node is open for new pods, or is not', ({ state }) => state.groups.setOpen('node-1', false)],
  [
    'books',
    'a node is taken for another size than it says',
    ({ node }) => introduce(node, { cpuMillis: 99_000, memoryBytes: 2 ** 40, pods: 999 }),
  ],
  ['books', 'a session is listed as closed, and is not', ({ state }) => void state.recordedSessions.add('ses-x')],
  [
    'books',
    'a name leads to an application that has gone',
    ({ state }) => void state.applicationIds.set('ten-1/x', 'app-x'),
  ],
  ['books', 'room is looked for nobody', ({ state, entry }) => state.short.add(strange(entry))],
  ['books', 'nobody is expected', ({ state, node }) => void state.expectedNodes.add({ ...node })],
  [
    'books',
    'a version of no application is kept',
    ({ state, idle }) => void state.versions.set('ver-x', { ...idle.version, applicationId: 'app-x' }),
  ],
]

/** These belong to no object that could have changed. */
const ONLY_IN_EVERYTHING = new Set([
  'a session is listed as closed, and is not',
  'a name leads to an application that has gone',
  'room is looked for nobody',
  'nobody is expected',
  'a version of no application is kept',
])

describe('a book that is wrong', () => {
  it.each(BROKEN)('%s: %s', (id, what, breakIt) => {
    const inChanges = findings(breakIt, 'changes').find((violation) => violation.what === what)
    const inEverything = findings(breakIt, 'everything').find((violation) => violation.what === what)
    expect(inChanges === undefined).toBe(ONLY_IN_EVERYTHING.has(what))
    expect(inEverything).toMatchObject({ invariant: id })
  })
})
