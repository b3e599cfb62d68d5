/** What a fleet says happened to it. */
import { describe, expect, it } from 'vitest'
import type { FleetEvent } from '../../src/fleet/fleet-event.ts'
import { FleetWorld } from '../support/fleet-world.ts'

describe('an application', () => {
  it('is told of from its creation to its end', () => {
    const world = newWorld()
    world.addApplication('game', { policy: { minPods: 1 } })
    world.run(2_000)
    world.setPolicy('game', { maxPods: 7 })
    world.publish('game', { image: 'host' })
    world.run(5_000)
    world.deleteApplication('game')
    expect(kinds(world)).toEqual([
      'applicationCreated',
      'versionProven',
      'scalingPolicyChanged',
      'versionPublished',
      'versionProven',
      'applicationDeleted',
    ])
    const whose = events(world).map(({ kind, tenantId }) => [kind === 'nodeJoined', tenantId])
    expect(whose.every(([isNode, tenantId]) => tenantId === (isNode === true ? null : 'ten-1'))).toBe(true)
  })

  it('with pods that fail says why, with their last lines, once for many', () => {
    const world = newWorld()
    world.node('node-1').fates.set('ver-bad-1', 'cannotStart')
    world.addApplication('bad', { policy: { minPods: 5 } })
    world.run(5_000)
    const failures = events(world).filter(({ kind }) => kind === 'podFailed')
    expect(failures.length).toBeGreaterThan(0)
    expect(failures.length).toBeLessThan(4)
    expect(failures[0]).toMatchObject({
      severity: 'error',
      applicationName: 'bad',
      versionNumber: 1,
      nodeName: 'node-1',
    })
    expect(failures[0]?.count).toBeGreaterThanOrEqual(5)
    expect(failures[0]?.message).not.toBe('')
  })

  it('whose roll-out is halted says so once, and which version serves', () => {
    const world = newWorld()
    world.addApplication('game', { policy: { minPods: 2 } })
    world.run(3_000)
    world.node('node-1').fates.set('ver-game-2', 'cannotStart')
    world.publish('game')
    world.run(60_000)
    const halts = events(world).filter(({ kind }) => kind === 'rollOutHalted')
    expect(halts).toMatchObject([{ severity: 'error', versionNumber: 2, count: 1 }])
    expect(halts[0]?.message).toContain('version 1 serves')
  })

  it('without room says what is short on how many nodes', () => {
    const world = newWorld()
    world.addApplication('huge', { policy: { minPods: 3 }, spec: { cpuMillis: 60_000 } })
    world.run(2_000)
    const [short] = events(world).filter(({ kind }) => kind === 'applicationShort')
    expect(short).toMatchObject({ severity: 'warning', applicationName: 'huge' })
    expect(short?.message).toContain('of 1 suitable nodes, 1 lack CPU')
  })
})

describe('a session', () => {
  it('that never became available is told of, with the reason; one that was closed is not', () => {
    const world = newWorld()
    world.addApplication('game', { policy: { minPods: 1 } })
    world.addApplication('none', { policy: { maxPods: 0 } })
    world.run(2_000)
    const fine = world.open('game')
    const lost = world.open('none', { openTimeoutMs: 500 })
    world.run(1_000)
    world.close(fine)
    world.run(1_000)
    const told = events(world).filter(({ sessionId }) => sessionId !== null)
    expect(told).toMatchObject([{ kind: 'sessionNotOpened', sessionId: lost, severity: 'warning' }])
  })

  it('that is lost with its node is told of beside the node; many at once are one event', () => {
    const world = newWorld()
    world.addApplication('game', { policy: { target: { kind: 'idleCount', low: 10, high: 10 } } })
    world.run(2_000)
    world.openMany('game', 8)
    world.run(1_000)
    world.disconnect('node-1')
    world.run(20_000)
    const found = events(world).filter(({ kind }) => kind === 'nodeLost' || kind === 'sessionLost')
    expect(found).toMatchObject([
      { kind: 'nodeLost', nodeName: 'node-1', tenantId: null, severity: 'error' },
      { kind: 'sessionLost', count: 8, tenantId: 'ten-1' },
    ])
    expect(found[0]?.message).toContain('8 sessions')
  })
})

describe('a node', () => {
  it('has a timeline of its link: connected, gap, resync, away, back', () => {
    const world = newWorld()
    world.addApplication('game', { policy: { minPods: 4 } })
    world.deaf.set('node-1', 1)
    world.run(5_000)
    world.disconnect('node-1', { forMs: 2_000 })
    world.run(5_000)
    const link = world.reader.node('node-1')?.link.map(({ kind }) => kind)
    expect(link).toEqual(['connected', 'ready', 'gap', 'resynced', 'disconnected', 'connected', 'ready'])
    expect(nodeKinds(world)).toEqual(['nodeJoined', 'nodeResynced', 'nodeDisconnected', 'nodeReady'])
  })

  it('keeps a bounded timeline', () => {
    const world = newWorld()
    for (let round = 0; round < 60; round += 1) {
      world.disconnect('node-1', { forMs: 100 })
      world.run(1_000)
    }
    expect(world.reader.node('node-1')?.link).toHaveLength(64)
  })

  it('is told of when it is cordoned, drained, empty, and open again', () => {
    const world = newWorld()
    world.addApplication('game', { policy: { minPods: 2 } })
    world.run(2_000)
    world.turn((fleet) => fleet.drain('node-1', 5_000))
    world.run(10_000)
    world.turn((fleet) => fleet.setCordoned('node-1', false))
    expect(nodeKinds(world)).toEqual(['nodeJoined', 'nodeDrainStarted', 'nodeDrainEnded', 'nodeUncordoned'])
  })

  it('that was only waited for is not told of after a restart, but the restart is', () => {
    const world = newWorld()
    world.addApplication('game', { policy: { minPods: 1 } })
    world.run(2_000)
    world.restartCore()
    world.run(5_000)
    expect(kinds(world)).toEqual(['coreStarted'])
  })
})

function newWorld(): FleetWorld {
  const world = new FleetWorld()
  world.addNode('node-1')
  world.run(10)
  return world
}

function events(world: FleetWorld): readonly FleetEvent[] {
  return [...world.fleet.state.events.all()]
}

/** Without those of nodes that join. */
function kinds(world: FleetWorld): string[] {
  return events(world)
    .map(({ kind }) => kind)
    .filter((kind) => kind !== 'nodeJoined')
}

function nodeKinds(world: FleetWorld): string[] {
  return events(world)
    .filter(({ nodeName, applicationId }) => nodeName !== null && applicationId === null)
    .map(({ kind }) => kind)
}
