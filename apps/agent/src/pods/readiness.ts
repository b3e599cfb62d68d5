/** Asks a starting pod whether it is ready, again and again. */
import { request } from 'node:http'
import { connect } from 'node:net'
import { sleep, type Clock } from '@fornax/kernel/clock'
import type { Readiness } from '@fornax/node-model/application-version'
import type { ProbeAddress } from '../runtime/runtime.ts'

const PROBE_TIMEOUT_MS = 1_000
/** A pod that is about to be ready is asked often, because somebody may wait for it. */
const FIRST_PERIOD_MS = 10
const PERIOD_MIN_MS = 10
const PERIOD_DEFAULT_MS = 250

/** Settles once a probe has passed; rejects when aborted first. */
export async function untilReady(
  readiness: Readiness,
  addressOf: (portName: string) => ProbeAddress | null,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const { probe } = readiness
  if (probe.kind === 'none') return
  if (readiness.initialDelayMs > 0) await sleep(clock, readiness.initialDelayMs, signal)
  const periodMs = Math.max(PERIOD_MIN_MS, readiness.periodMs === 0 ? PERIOD_DEFAULT_MS : readiness.periodMs)
  let waitMs = Math.min(FIRST_PERIOD_MS, periodMs)
  for (;;) {
    const address = addressOf(probe.portName)
    if (address !== null && (await passes(probe, address, signal))) return
    await sleep(clock, waitMs, signal)
    waitMs = Math.min(periodMs, waitMs * 1.5)
  }
}

type ActiveProbe = Exclude<Readiness['probe'], { kind: 'none' }>

function passes(probe: ActiveProbe, address: ProbeAddress, signal: AbortSignal): Promise<boolean> {
  return probe.kind === 'http' ? answersHttp(probe.path, address, signal) : accepts(address, signal)
}

function answersHttp(path: string, { host, port }: ProbeAddress, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { host, port, path, method: 'GET', agent: false, timeout: PROBE_TIMEOUT_MS, signal }
    const call = request(options, (response) => {
      const status = response.statusCode ?? 0
      response.resume()
      call.destroy()
      resolve(status >= 200 && status < 400)
    })
    call.on('timeout', () => call.destroy())
    call.on('error', () => resolve(false))
    call.on('close', () => resolve(false))
    call.end()
  })
}

function accepts({ host, port }: ProbeAddress, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: PROBE_TIMEOUT_MS, signal }, () => {
      resolve(true)
      socket.destroy()
    })
    socket.on('timeout', () => socket.destroy())
    socket.on('error', () => resolve(false))
    socket.on('close', () => resolve(false))
  })
}
