/** The ports of an agent, each call of which is a crash point. What is behind them is the real thing. */
import type { OpenCoreStream } from '@fornax/agent/corelink/core-stream'
import type { Ledger } from '@fornax/agent/ledger/ledger'
import type { Runtime, RuntimePod } from '@fornax/agent/runtime/runtime'
import { AGENT_LEDGER, AGENT_REPORT, AGENT_RUNTIME, type RuntimeCall } from '@fornax/simulator/crash-points'
import type { Trap } from './trap.ts'

export function dyingLedger(ledger: Ledger, trap: Trap): Ledger {
  return {
    load: () => ledger.load(),
    commit: (changes, revision) => {
      const kinds = new Set(changes.map(({ kind }) => AGENT_LEDGER[kind]))
      const points = kinds.size === 0 ? [AGENT_LEDGER.revision] : [...kinds]
      for (const point of points) trap.pass(point, 'before')
      ledger.commit(changes, revision)
      for (const point of points) trap.pass(point, 'after')
    },
    [Symbol.dispose]: () => ledger[Symbol.dispose](),
  }
}

export function dyingRuntime(runtime: Runtime, trap: Trap): Runtime {
  const ask = asking(trap)
  return {
    ...runtime,
    isPortFree: (port, protocol) => ask('isPortFree', () => runtime.isPortFree(port, protocol)),
    createPod: async (order) => {
      const result = await ask('createPod', () => runtime.createPod(order))
      return result.kind === 'created' ? { ...result, pod: dyingPod(result.pod, trap) } : result
    },
    adoptPod: async (order, handle, sessions) => {
      const result = await ask('adoptPod', () => runtime.adoptPod(order, handle, sessions))
      return result.kind === 'running' ? { ...result, pod: dyingPod(result.pod, trap) } : result
    },
    listPodIds: () => ask('listPodIds', () => runtime.listPodIds()),
    destroyPod: (podId) => ask('destroyPod', () => runtime.destroyPod(podId)),
    readUsage: () => ask('readUsage', () => runtime.readUsage()),
    [Symbol.asyncDispose]: async () => {
      await runtime[Symbol.asyncDispose]()
    },
  }
}

function dyingPod(pod: RuntimePod, trap: Trap): RuntimePod {
  const ask = asking(trap)
  return {
    podId: pod.podId,
    handle: pod.handle,
    ended: pod.ended,
    probeAddress: (portName) => pod.probeAddress(portName),
    execute: (command, timeoutMs) => pod.execute(command, timeoutMs),
    openEndpoints: (session) => ask('openEndpoints', () => pod.openEndpoints(session)),
    closeEndpoints: (sessionId) => ask('closeEndpoints', () => pod.closeEndpoints(sessionId)),
    stop: (graceMs) => {
      trap.pass(AGENT_RUNTIME.stop, 'before')
      pod.stop(graceMs)
      trap.pass(AGENT_RUNTIME.stop, 'after')
    },
    freeze: () => ask('freeze', () => pod.freeze()),
    thaw: () => ask('thaw', () => pod.thaw()),
    reclaim: (depth, signal) => ask('reclaim', () => pod.reclaim(depth, signal)),
    measureMemory: () => ask('measureMemory', () => pod.measureMemory()),
  }
}

type Asking = <T>(call: RuntimeCall, act: () => Promise<T>) => Promise<T>

function asking(trap: Trap): Asking {
  return async (call, act) => {
    trap.pass(AGENT_RUNTIME[call], 'before')
    const answer = await act()
    trap.pass(AGENT_RUNTIME[call], 'after')
    return answer
  }
}

export function dyingStream(open: OpenCoreStream, trap: Trap): OpenCoreStream {
  return async (listener, signal) => {
    const stream = await open(listener, signal)
    return {
      ended: stream.ended,
      get isFree() {
        return stream.isFree
      },
      get hasRoom() {
        return stream.hasRoom
      },
      write: (frame) => {
        const point = AGENT_REPORT[frame.$case]
        trap.pass(point, 'before')
        stream.write(frame)
        trap.passSent(point)
      },
      end: () => stream.end(),
      close: () => stream.close(),
    }
  }
}
