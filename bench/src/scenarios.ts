/** Every scenario, in the order of the help. */
import type { Scenario } from './scenario.ts'
import { all } from './scenarios/all.ts'
import { cold } from './scenarios/cold.ts'
import { containers } from './scenarios/containers.ts'
import { growth } from './scenarios/growth.ts'
import { hibernation } from './scenarios/hibernation.ts'
import { churn, latency } from './scenarios/open-loop.ts'
import { pods } from './scenarios/pods.ts'
import { restart } from './scenarios/restart.ts'
import { schedule } from './scenarios/schedule.ts'
import { store } from './scenarios/store.ts'
import { warm, warmBatch } from './scenarios/warm.ts'
import { watch } from './scenarios/watch.ts'

export const SCENARIOS: readonly Scenario[] = [
  warm,
  warmBatch,
  cold,
  pods,
  churn,
  latency,
  watch,
  restart,
  schedule,
  store,
  growth,
  containers,
  hibernation,
  all,
]
