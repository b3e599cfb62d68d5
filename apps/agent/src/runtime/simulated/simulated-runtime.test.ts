import { systemClock } from '@fornax/kernel/clock'
import { describeRuntimeContract } from '../runtime.contract.ts'
import { createSimulatedRuntime, NO_DELAYS, SimulatedMachine } from './simulated-runtime.ts'

for (const [name, delays] of [
  ['simulated', NO_DELAYS],
  ['simulated, slowly', { createMs: 5, openMs: 2, closeMs: 2, stopMs: 5, sleepMs: 5, wakeMs: 2, atOnceMax: 2 }],
] as const) {
  describeRuntimeContract(
    name,
    () => {
      const machine = new SimulatedMachine(systemClock, delays)
      return Promise.resolve({
        podsFolder: null,
        openRuntime: () => Promise.resolve(createSimulatedRuntime(machine)),
        remove: () => Promise.resolve(),
      })
    },
    { hasProcesses: false },
  )
}
