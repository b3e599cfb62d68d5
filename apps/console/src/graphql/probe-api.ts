/** Finds out why the API is silent. */
import { failureOf } from '@fornax/client/client-error'
import type { ProbeResult } from '../live/live-store.ts'
import { browserClient } from './browser-client.ts'
import { ViewerDocument } from './generated/documents.ts'

const ANSWER_WITHIN_MS = 5_000

/** Asks the simplest question there is. */
export async function probeApi(): Promise<ProbeResult> {
  try {
    await browserClient().request(ViewerDocument, {}, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) })
    return { kind: 'reachable' }
  } catch (error) {
    const failure = failureOf(error, '')
    if (failure.kind === 'unauthenticated') return { kind: 'loggedOut' }
    const isCore = failure.kind === 'graphql' && failure.code === 'UNREACHABLE'
    return { kind: 'lost', cause: isCore ? 'core' : failure.kind === 'unreachable' ? 'console' : 'unknown' }
  }
}
