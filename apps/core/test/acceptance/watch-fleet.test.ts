/**
 * I10 with the real fleet: after any story, with faults of nodes and restarts of the core, what a reader of a
 * watch has put together is what a list shows. So whatever can be seen of an object changes with an entry in
 * the change log.
 */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { CorePort, FleetReader } from '../../src/graphql/core-port.ts'
import type { Scope } from '../../src/graphql/visibility.ts'
import { createFeeds, type Feeds, type Selection, type WatchFeeds } from '../../src/graphql/watch-feeds.ts'
import {
  selectApplications,
  selectComputeNodes,
  selectPods,
  selectSessions,
} from '../../src/graphql/watch-selections.ts'
import { watch, type WatchEvent } from '../../src/graphql/watch.ts'
import { FleetWorld } from '../support/fleet-world.ts'
import { isPending, turn } from './watch-world.ts'

const NODES = ['node-1', 'node-2']
const TENANT = 'ten-1'

it('I10: a reader ends with what a list shows, whatever happens to the fleet', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 2 ** 31 - 1 }), fc.array(anyStep(), { maxLength: 30 }), async (seed, steps) => {
      using story = new Story(seed)
      for (const step of steps) await story.take(step)
      await story.expectSamePictures()
    }),
    { numRuns: 60 },
  )
})

type Step =
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'open'; readonly app: number; readonly count: number }
  | { readonly do: 'close' | 'attach' | 'exitPod'; readonly which: number }
  | { readonly do: 'policy'; readonly app: number; readonly low: number; readonly maxPods: number }
  | { readonly do: 'publish'; readonly app: number; readonly works: boolean }
  | { readonly do: 'replace'; readonly app: number }
  | { readonly do: 'cut' | 'crash'; readonly node: number; readonly forMs: number }
  | { readonly do: 'cordon' | 'drain'; readonly node: number }
  | { readonly do: 'restart' }
  | { readonly do: 'read'; readonly which: number }

class Story implements Disposable {
  readonly #world: FleetWorld
  #feeds: Feeds
  readonly #pictures: Picture<never>[]
  #made = 0

  constructor(seed: number) {
    this.#world = new FleetWorld(seed)
    for (const name of NODES) this.#world.addNode(name, { resources: { cpuMillis: 1_000, memoryBytes: 2 ** 40, pods: 6 } })
    this.#create(0)
    this.#create(1)
    this.#world.run(200)
    this.#feeds = createFeeds(this.#world.reader, this.#world.clock)
    this.#pictures = [null, TENANT].flatMap((scope) => this.#picturesOf(scope))
  }
}
