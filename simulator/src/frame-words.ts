/** Frames in a few words, for the trace: enough to tell two runs apart, and to read what happened. */
import type { Command, ConnectRequest, ConnectResponse, Report } from '@fornax/proto/fornax/nodelink/v1/nodelink'
import { PodPhase, SessionPhase } from '@fornax/proto/fornax/nodelink/v1/nodelink'

export function wordsOf(frame: NonNullable<ConnectRequest['frame']> | NonNullable<ConnectResponse['frame']>): string {
  switch (frame.$case) {
    case 'commands':
      return `epoch ${frame.value.epoch}: ${frame.value.commands.map(commandWords).join(', ')}`
    case 'reports':
      return `reports from ${frame.value.firstRevision}: ${frame.value.reports.map(reportWords).join(', ')}`
    case 'state':
      return `state ${frame.value.revision}: ${frame.value.pods.map(podWords).join(', ')}; ${frame.value.sessions.map(sessionWords).join(', ')}`
    case 'epochRefused':
      return `epochRefused ${frame.value.highestEpoch}`
    default:
      return frame.$case
  }
}

function commandWords({ command }: Command): string {
  switch (command?.$case) {
    case 'createPod':
    case 'hibernatePod':
    case 'wakePod':
    case 'stopPod':
      return `${command.$case} ${command.value.podId}`
    case 'startSession':
      return `startSession ${command.value.sessionId} on ${command.value.podId}`
    case 'closeSession':
      return `closeSession ${command.value.sessionId}${command.value.killPod ? ' and its pod' : ''}`
    case 'forgetSessions':
      return `forgetSessions ${command.value.sessionIds.join(' ')}`
    case 'defineApplicationVersion':
    case 'forgetApplicationVersion':
      return `${command.$case} ${command.value.applicationVersionId}`
    default:
      return command?.$case ?? 'nothing'
  }
}

function reportWords({ report }: Report): string {
  if (report === undefined) return 'nothing'
  return report.$case === 'pod' ? podWords(report.value) : sessionWords(report.value)
}

function podWords({ podId, phase }: { podId: string; phase: PodPhase }): string {
  return `${podId} ${POD_WORDS.get(phase) ?? phase}`
}

function sessionWords({ sessionId, phase }: { sessionId: string; phase: SessionPhase }): string {
  return `${sessionId} ${SESSION_WORDS.get(phase) ?? phase}`
}

const POD_WORDS = new Map<PodPhase, string>([
  [PodPhase.POD_PHASE_CREATING, 'creating'],
  [PodPhase.POD_PHASE_STANDBY, 'standby'],
  [PodPhase.POD_PHASE_HIBERNATED, 'hibernated'],
  [PodPhase.POD_PHASE_ACTIVE, 'active'],
  [PodPhase.POD_PHASE_TERMINATING, 'terminating'],
  [PodPhase.POD_PHASE_TERMINATED, 'terminated'],
  [PodPhase.POD_PHASE_FAILED, 'failed'],
])

const SESSION_WORDS = new Map<SessionPhase, string>([
  [SessionPhase.SESSION_PHASE_STARTING, 'starting'],
  [SessionPhase.SESSION_PHASE_AVAILABLE, 'available'],
  [SessionPhase.SESSION_PHASE_IN_USE, 'inUse'],
  [SessionPhase.SESSION_PHASE_CLOSING, 'closing'],
  [SessionPhase.SESSION_PHASE_CLOSED, 'closed'],
])
