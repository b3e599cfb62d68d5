/** Asks a pod once. */
import { request } from 'node:http'
import { connect } from 'node:net'
import { unreachable } from '@fornax/kernel/assert'
import type { Liveness, Readiness } from '@fornax/node-model/application-version'
import type { ProbeAddress, RuntimePod } from '../runtime/runtime.ts'

export type ActiveProbe = Liveness['probe']

/** Whom a probe asks. */
export type Probed = Pick<RuntimePod, 'probeAddress' | 'execute'>

/** Whether the probe passes, within the time-out. */
export async function passes(
  probe: ActiveProbe,
  pod: Probed,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<boolean> {
  if (probe.kind === 'exec') return await pod.execute(probe.command, timeoutMs)
  const address = pod.probeAddress(probe.portName)
  if (address === null) return false
  const call = { address, timeoutMs, signal }
  return probe.kind === 'http' ? await answersHttp(probe.path, call) : await accepts(call)
}

/** A probe in words, for people. */
export function probeWords(probe: ActiveProbe): string {
  switch (probe.kind) {
    case 'exec':
      return `probe by the command ${probe.command[0] ?? ''}`
    case 'http':
      return `HTTP probe of port ${probe.portName}`
    case 'tcp':
      return `TCP probe of port ${probe.portName}`
    default:
      return unreachable(probe)
  }
}

type Call = { readonly address: ProbeAddress; readonly timeoutMs: number; readonly signal: AbortSignal }

function answersHttp(path: string, { address: { host, port }, timeoutMs, signal }: Call): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { host, port, path, method: 'GET', agent: false, timeout: timeoutMs, signal }
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

function accepts({ address: { host, port }, timeoutMs, signal }: Call): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs, signal }, () => {
      resolve(true)
      socket.destroy()
    })
    socket.on('timeout', () => socket.destroy())
    socket.on('error', () => resolve(false))
    socket.on('close', () => resolve(false))
  })
}

/** What a pod that is not ready in time lacks, for people. */
export function lackingOf({ probe }: Readiness, isRunning: boolean): string {
  if (!isRunning) return 'its command could not be started yet'
  if (probe.kind === 'none') return 'its application did not connect to the session service'
  return `its ${probeWords(probe)} never passed`
}
