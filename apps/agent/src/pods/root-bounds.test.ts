import { createLog } from '@fornax/kernel/log'
import { VERSION_DEFAULTS, type ApplicationVersion } from '@fornax/node-model/application-version'
import { expect, it } from 'vitest'
import { RootBounds, type BoundPod } from './root-bounds.ts'

const MIB = 1_024 * 1_024

it('ends who has written too much, and nobody else', async () => {
  const world = new World()
  world.tell(new Map([['pod-a', 1]]))
  await world.look()
  expect(world.condemned).toEqual([])
  world.tell(new Map([['pod-a', Number.MAX_SAFE_INTEGER]]))
  await world.look()
  expect(world.condemned).toEqual(['outOfDisk'])
})

it('measures once at a time, however long that takes, and again when it is done', async () => {
  const world = new World()
  const first = world.look()
  for (let turn = 0; turn < 5; turn += 1) await world.look()
  expect(world.asked).toBe(1)
  world.tell(new Map())
  await first
  await world.look()
  expect(world.asked).toBe(2)
})

it('measures again after it could not', async () => {
  const world = new World()
  world.answer.reject(new Error('the disk is gone'))
  await world.look()
  world.tell(new Map([['pod-a', Number.MAX_SAFE_INTEGER]]))
  await world.look()
  expect(world.condemned).toEqual(['outOfDisk'])
})

const VERSION: ApplicationVersion = {
  versionId: 'ver-a',
  applicationName: 'demo',
  versionNumber: 1,
  image: 'any',
  command: [],
  args: [],
  env: {},
  ports: [],
  cpuMillis: 100,
  memoryBytes: 64 * MIB,
  runtimeClass: '',
  minIsolation: 'none',
  sessionsPerPod: 1,
  readiness: { probe: { kind: 'none' }, initialDelayMs: 0, periodMs: 0, timeoutMs: 30_000 },
  usesSessionService: false,
  workingDirectory: '',
  ...VERSION_DEFAULTS,
  hasWritableRoot: true,
}

class World {
  readonly bounds = new RootBounds(createLog('agent', 'silent'))
  readonly condemned: (string | undefined)[] = []
  asked = 0
  answer = Promise.withResolvers<ReadonlyMap<string, number>>()
  readonly pods: readonly BoundPod[] = [
    {
      pod: { podId: 'pod-a' },
      version: VERSION,
      runtime: { name: 'containerd', readRootUse: () => ((this.asked += 1), this.answer.promise) },
      condemn: (_reason, kind) => void this.condemned.push(kind),
    },
  ]

  look(): Promise<void> {
    return this.bounds.look(this.pods)
  }

  /** What is answered to whoever asks, or has asked and waits. */
  tell(used: ReadonlyMap<string, number>): void {
    this.answer.resolve(used)
    this.answer = Promise.withResolvers()
    this.answer.resolve(used)
  }
}
