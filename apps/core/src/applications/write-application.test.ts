import { inTurn } from '@fornax/kernel/in-turn'
import { createLog } from '@fornax/kernel/log'
import { VirtualClock } from '@fornax/kernel/virtual-clock'
import { describe, expect, it } from 'vitest'
import { samplePolicy, sampleSpec, TENANT } from '../../test/support/samples.ts'
import type { Application, ApplicationVersion } from './application.ts'
import {
  createApplication,
  deleteApplication,
  publishVersion,
  updateScalingPolicy,
  type CreateApplicationResult,
  type WriteApplicationPorts,
  type WriteResult,
} from './write-application.ts'
import { WriteDoubts } from './write-doubts.ts'

const guard = { tenantId: TENANT, application: 'hello', revision: null }

describe('createApplication', () => {
  it('writes it, and then gives it to the fleet', async () => {
    const world = newWorld()
    const result = await create(world)
    expect(result).toMatchObject({ kind: 'created', application: { revision: 1, isProven: false, fallback: null } })
    expect(world.definitions.get('hello')).toMatchObject({ version: { number: 1 } })
    expect(world.rows.get('hello')).toEqual(world.definitions.get('hello'))
  })

  it('gives a name once, also to two who ask at the same time', async () => {
    const world = newWorld()
    const results = await Promise.all([create(world), create(world)])
    expect(results.map(({ kind }) => kind)).toEqual(['created', 'nameTaken'])
    expect(world.rows.size).toBe(1)
  })

  it.each([
    ['name', { name: 'Not A Name' }, 'name'],
    ['version', { spec: sampleSpec({ image: '' }) }, 'version.image'],
    ['policy', { policy: samplePolicy({ minPods: 9, maxPods: 3 }) }, 'scalingPolicy.minPods'],
  ])('refuses a %s that makes no sense before anything happens', async (_what, change, field) => {
    const world = newWorld()
    expect(await create(world, change)).toMatchObject({ kind: 'invalid', field })
    expect(world.rows.size + world.definitions.size).toBe(0)
  })

  it('answers with nameTaken when the database knows the name', async () => {
    const world = newWorld()
    world.rows.set('hello', await created(newWorld()))
    expect(await create(world)).toEqual({ kind: 'nameTaken', name: 'hello' })
    expect(world.definitions.size).toBe(0)
  })
})

describe('the revision', () => {
  it('lets whoever read an application write it back, and grows with each write', async () => {
    const world = newWorld()
    const { revision } = await created(world)
    const first = await updateScalingPolicy(world.ports, { ...guard, revision, policy: samplePolicy({ maxPods: 7 }) })
    expect(first).toMatchObject({ kind: 'written', application: { revision: 2, scalingPolicy: { maxPods: 7 } } })
    const second = await publish(world, { revision: 2 })
    expect(second).toMatchObject({ kind: 'written', application: { revision: 3, version: { number: 2 } } })
  })

  it('that is old is a conflict, and nothing is written', async () => {
    const world = newWorld()
    await created(world)
    await publish(world)
    const before = world.definitions.get('hello')
    const conflict = { kind: 'conflict', currentRevision: 2 }
    expect(await updateScalingPolicy(world.ports, { ...guard, revision: 1, policy: samplePolicy() })).toEqual(conflict)
    expect(await publish(world, { revision: 1 })).toEqual(conflict)
    expect(await deleteApplication(world.ports, { ...guard, revision: 1 })).toEqual(conflict)
    expect(world.definitions.get('hello')).toBe(before)
  })

  it('is judged against the latest write, also when two come at once', async () => {
    const world = newWorld()
    await created(world)
    const results = await Promise.all([publish(world, { revision: 1 }), publish(world, { revision: 1 })])
    expect(results.map(({ kind }) => kind)).toEqual(['written', 'conflict'])
  })

  it('of nobody lets the last write win', async () => {
    const world = newWorld()
    await created(world)
    const results = await Promise.all([publish(world), publish(world)])
    expect(results).toMatchObject([{ application: { revision: 2 } }, { application: { revision: 3 } }])
  })

  it('that the database has moved on from is a conflict', async () => {
    const world = newWorld()
    const application = await created(world)
    world.rows.set('hello', { ...application, revision: 9 })
    expect(await publish(world)).toEqual({ kind: 'conflict', currentRevision: 9 })
    expect(world.definitions.get('hello')?.version.number).toBe(1)
  })
})

describe('publishVersion', () => {
  it('falls back to the version before, if that was proven', async () => {
    const world = newWorld()
    await created(world)
    world.prove()
    await publish(world)
    expect(world.definitions.get('hello')).toMatchObject({
      isProven: false,
      fallback: { number: 1 },
      version: { number: 2 },
    })
  })

  it('falls back to the last one that was proven, when the version before was not', async () => {
    const world = newWorld()
    await created(world)
    world.prove()
    await publish(world)
    await publish(world)
    expect(world.definitions.get('hello')).toMatchObject({ fallback: { number: 1 }, version: { number: 3 } })
  })

  it('falls back to nothing, when nothing ever worked', async () => {
    const world = newWorld()
    await created(world)
    await publish(world)
    expect(world.definitions.get('hello')?.fallback).toBeNull()
  })

  it('keeps that the version before was proven while it was being written', async () => {
    const world = newWorld()
    await created(world)
    world.onWrite = () => world.prove()
    await publish(world)
    expect(world.definitions.get('hello')).toMatchObject({ isProven: false, fallback: { number: 1 } })
  })

  it('rolls back by publishing the old spec as the newest number', async () => {
    const world = newWorld()
    await created(world)
    await publish(world, {}, 'other')
    const change = { kind: 'rollBack', toNumber: 1 } as const
    const result = await publishVersion(world.ports, { ...guard, change })
    expect(result).toMatchObject({ application: { version: { number: 3, spec: { image: 'host' } } } })
  })

  it('rolls back to no version that was never there', async () => {
    const world = newWorld()
    await created(world)
    const change = { kind: 'rollBack', toNumber: 7 } as const
    expect(await publishVersion(world.ports, { ...guard, change })).toMatchObject({
      kind: 'invalid',
      field: 'rollBackTo',
    })
  })

  it('refuses a version that makes no sense', async () => {
    const world = newWorld()
    await created(world)
    expect(await publish(world, {}, '')).toMatchObject({ kind: 'invalid', field: 'version.image' })
  })
})

it('a new policy keeps what the fleet learned of the roll-out while it was being written', async () => {
  const world = newWorld()
  await created(world)
  world.onWrite = () => world.prove()
  await updateScalingPolicy(world.ports, { ...guard, policy: samplePolicy({ maxPods: 3 }) })
  expect(world.definitions.get('hello')).toMatchObject({ isProven: true, scalingPolicy: { maxPods: 3 } })
})

it('a policy that makes no sense is refused', async () => {
  const world = newWorld()
  await created(world)
  const result = await updateScalingPolicy(world.ports, { ...guard, policy: samplePolicy({ burst: 0 }) })
  expect(result).toMatchObject({ kind: 'invalid', field: 'scalingPolicy.burst' })
})

describe('an application that is not there', () => {
  it('is said to be so, whatever is asked', async () => {
    const { ports } = newWorld()
    const missing = { kind: 'applicationNotFound', application: 'hello' }
    expect(await updateScalingPolicy(ports, { ...guard, policy: samplePolicy() })).toEqual(missing)
    expect(await deleteApplication(ports, guard)).toEqual(missing)
    const change = { kind: 'spec', spec: sampleSpec() } as const
    expect(await publishVersion(ports, { ...guard, change })).toEqual(missing)
  })

  it('is one of another tenant too', async () => {
    const world = newWorld()
    await created(world)
    const theirs = { ...guard, tenantId: 'ten-other' }
    expect(await deleteApplication(world.ports, theirs)).toMatchObject({ kind: 'applicationNotFound' })
  })

  it('after it was deleted gives its name to another', async () => {
    const world = newWorld()
    const first = await created(world)
    expect(await deleteApplication(world.ports, guard)).toMatchObject({ kind: 'written', application: first })
    expect(world.rows.size).toBe(0)
    expect((await created(world)).id).not.toBe(first.id)
  })
})

it('a write that fails reaches nobody, and does not hold up the next', async () => {
  const world = newWorld()
  await created(world)
  world.onWrite = () => {
    world.onWrite = () => undefined
    throw new Error('the disk is full')
  }
  await expect(publish(world)).rejects.toThrow('the disk is full')
  expect(world.definitions.get('hello')?.version.number).toBe(1)
  expect(await publish(world)).toMatchObject({ kind: 'written', application: { revision: 2 } })
})

describe('a write of which nobody knows whether it happened', () => {
  it('of a new application is found out after a while, and before the next write of it is judged', async () => {
    const world = newWorld()
    world.afterWrite = loseConnection
    await expect(created(world)).rejects.toThrow('connection lost')
    expect(world.definitions.has('hello')).toBe(false)
    world.afterWrite = () => undefined
    world.clock.advance(1_000)
    await world.ports.inTurn(async () => undefined)
    expect(world.definitions.get('hello')).toEqual(world.rows.get('hello'))
    expect(await publish(world)).toMatchObject({ kind: 'written', application: { version: { number: 2 } } })
  })

  it('of a version is read back first, so that the next one is no conflict', async () => {
    const world = newWorld()
    await created(world)
    world.afterWrite = loseConnection
    await expect(publish(world)).rejects.toThrow('connection lost')
    world.afterWrite = () => undefined
    expect(await publish(world)).toMatchObject({ kind: 'written', application: { version: { number: 3 } } })
    expect(world.definitions.get('hello')).toEqual(world.rows.get('hello'))
  })

  it('of a removal is read back', async () => {
    const world = newWorld()
    await created(world)
    world.afterWrite = loseConnection
    await expect(deleteApplication(world.ports, guard)).rejects.toThrow('connection lost')
    world.afterWrite = () => undefined
    expect(await deleteApplication(world.ports, guard)).toMatchObject({ kind: 'applicationNotFound' })
    expect(world.definitions.size).toBe(0)
  })

  it('that did not happen leaves everything as it was, however often the database fails to say so', async () => {
    const world = newWorld()
    await created(world)
    const before = world.definitions.get('hello')
    world.onWrite = loseConnection
    world.onRead = loseConnection
    await expect(publish(world)).rejects.toThrow('connection lost')
    await expect(publish(world)).rejects.toThrow('connection lost')
    for (let attempt = 0; attempt < 5; attempt += 1) {
      world.clock.advance(1_000)
      await world.ports.inTurn(async () => undefined)
    }
    world.onWrite = () => undefined
    world.onRead = () => undefined
    world.clock.advance(1_000)
    await world.ports.inTurn(async () => undefined)
    expect(world.definitions.get('hello')).toBe(before)
    expect(await publish(world)).toMatchObject({ kind: 'written', application: { version: { number: 2 } } })
  })
})

function loseConnection(): void {
  throw new Error('connection lost')
}

type World = {
  readonly ports: WriteApplicationPorts
  readonly clock: VirtualClock
  /** By name: what the fleet holds, and what the database holds. */
  readonly definitions: Map<string, Application>
  readonly rows: Map<string, Application>
  /** Happens while a write is on its way. */
  onWrite: () => void
  /** Happens when a write is done, and before that is known. */
  afterWrite: () => void
  /** Happens before a row is read back. */
  onRead: () => void
  prove(): void
}

function newWorld(): World {
  const definitions = new Map<string, Application>()
  const rows = new Map<string, Application>()
  const versions: ApplicationVersion[] = []
  let ids = 0
  const named = (id: string): Application | undefined => [...rows.values()].find((row) => row.id === id)
  const write = async (application: Application): ReturnType<WriteApplicationPorts['store']['publishVersion']> => {
    await Promise.resolve()
    world.onWrite()
    const row = rows.get(application.name)
    if (row && (row.id !== application.id || row.revision !== application.revision - 1))
      return { kind: 'conflict', revision: row.revision }
    rows.set(application.name, application)
    versions.push(application.version)
    world.afterWrite()
    return { kind: 'written' }
  }
  const clock = new VirtualClock()
  const turns = inTurn()
  const doubts = new WriteDoubts({
    clock,
    log: createLog('test', 'silent'),
    inTurn: turns,
    read: async (id) => {
      world.onRead()
      return named(id) ?? null
    },
    known: (id, row) => {
      if (row === null) ports.fleet.deleteApplication(id)
      else if (definitions.get(row.name)?.revision !== row.revision) definitions.set(row.name, row)
    },
  })
  const ports: WriteApplicationPorts = {
    doubts,
    nowMs: () => 1_000,
    newId: (kind) => `${kind}-${(ids += 1)}`,
    inTurn: turns,
    fleet: {
      definitionNamed: (tenantId, name) => {
        const definition = definitions.get(name)
        return definition?.tenantId === tenantId ? definition : null
      },
      isServing: () => false,
      putApplication: (application) => void definitions.set(application.name, application),
      deleteApplication: (id) => {
        for (const [name, definition] of definitions) if (definition.id === id) definitions.delete(name)
      },
    },
    store: {
      addApplication: write,
      publishVersion: write,
      updateScalingPolicy: async (id, scalingPolicy, revision) => {
        const row = named(id)
        return row ? write({ ...row, scalingPolicy, revision }) : { kind: 'conflict', revision: 0 }
      },
      versions: async (id) => versions.filter((version) => version.applicationId === id).toReversed(),
      removeApplication: async (id) => {
        rows.delete(named(id)?.name ?? '')
        world.afterWrite()
      },
    },
  }
  const world: World = {
    ports,
    clock,
    definitions,
    rows,
    onWrite: () => undefined,
    afterWrite: () => undefined,
    onRead: () => undefined,
    prove: () => {
      for (const [name, definition] of definitions)
        definitions.set(name, { ...definition, isProven: true, fallback: null })
    },
  }
  return world
}

type Creation = Omit<Parameters<typeof createApplication>[1], 'tenantId'>

function create(world: World, change: Partial<Creation> = {}): Promise<CreateApplicationResult> {
  const command = { name: 'hello', spec: sampleSpec(), policy: samplePolicy(), ...change }
  return createApplication(world.ports, { tenantId: TENANT, ...command })
}

async function created(world: World): Promise<Application> {
  const result = await create(world)
  if (result.kind !== 'created') throw new Error(`it was not created: ${result.kind}`)
  return result.application
}

function publish(world: World, change: { revision?: number } = {}, image = 'host'): Promise<WriteResult> {
  return publishVersion(world.ports, { ...guard, ...change, change: { kind: 'spec', spec: sampleSpec({ image }) } })
}
