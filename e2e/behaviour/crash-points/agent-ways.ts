/** How each crash point of an agent is reached. A point that is new, and has no way here, does not compile. */
import type { AGENT_LEDGER, AGENT_REPORT, AGENT_RUNTIME } from '@fornax/simulator/crash-points'

export type AgentPoint =
  | (typeof AGENT_LEDGER)[keyof typeof AGENT_LEDGER]
  | (typeof AGENT_RUNTIME)[keyof typeof AGENT_RUNTIME]
  | (typeof AGENT_REPORT)[keyof typeof AGENT_REPORT]

/** What is done until the agent passes a point; what each of them is stands in `reach-point.ts`. */
export type Way =
  | ('churn' | 'quiet' | 'start' | 'newCore' | 'oldCore' | 'applications' | 'readLog')
  | ('sleep' | 'restedPorts' | 'crossingWords' | 'endPods' | 'lostLedger')

/** Why no agent gets to a point, on the process runtime and with a core of its own kind. */
export const OUT_OF_REACH = {
  'agent.report.epochRefused': 'a core that is behind does not let a node in that knows a later one',
  'agent.report.image': 'nobody asks for images where pods are plain processes',
  'agent.report.heartbeat': 'a node with real pods tells what they use at every beat, and that is word enough',
} as const satisfies Partial<Record<AgentPoint, string>>

export type ReachablePoint = Exclude<AgentPoint, keyof typeof OUT_OF_REACH>

/** The first way is taken in every test run, the others in the long one. */
export const AGENT_WAYS: Readonly<Record<ReachablePoint, readonly [Way, ...Way[]]>> = {
  'agent.ledger.putPod': ['churn', 'start'],
  'agent.ledger.removePod': ['endPods'],
  'agent.ledger.putSession': ['churn'],
  'agent.ledger.removeSession': ['churn'],
  'agent.ledger.putVersion': ['applications'],
  'agent.ledger.removeVersion': ['applications'],
  'agent.ledger.putEpochMarks': ['newCore'],
  'agent.ledger.putPortRest': ['churn', 'endPods'],
  'agent.ledger.removePortRest': ['restedPorts'],
  'agent.ledger.revision': ['crossingWords'],
  'agent.runtime.isPortFree': ['churn'],
  'agent.runtime.createPod': ['churn', 'applications'],
  'agent.runtime.adoptPod': ['start'],
  'agent.runtime.listPodIds': ['start', 'lostLedger'],
  'agent.runtime.destroyPod': ['lostLedger', 'endPods'],
  'agent.runtime.readUsage': ['quiet'],
  'agent.runtime.openEndpoints': ['churn'],
  'agent.runtime.closeEndpoints': ['churn'],
  'agent.runtime.freeze': ['sleep'],
  'agent.runtime.thaw': ['start', 'sleep'],
  'agent.runtime.reclaim': ['sleep'],
  'agent.runtime.measureMemory': ['sleep'],
  'agent.runtime.stop': ['churn', 'applications', 'endPods'],
  'agent.report.hello': ['start', 'newCore', 'lostLedger', 'oldCore'],
  'agent.report.state': ['start', 'newCore', 'lostLedger'],
  'agent.report.reports': ['churn', 'applications', 'endPods'],
  'agent.report.usage': ['quiet'],
  'agent.report.logChunk': ['readLog'],
}
