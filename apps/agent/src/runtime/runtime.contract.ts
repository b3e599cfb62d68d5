/**
 * What every runtime must do. A runtime's own test file calls this with a
 * fixture; real parts only: real processes, real sockets, a scratch folder.
 */
import { createServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { sleeps } from './runtime-sleep.contract.ts'
import {
  ContractWorld,
  echoServer,
  firstEndpoint,
  portOf,
  rejectsAfter,
  running,
  script,
  threePorts,
  type RuntimeFixture,
} from './runtime-world.contract.ts'

/** Runs the suite. `hasProcesses: false` leaves out what needs a real command. */
export function describeRuntimeContract(
  name: string,
  makeFixture: () => Promise<RuntimeFixture>,
  { hasProcesses }: { readonly hasProcesses: boolean },
): void {
  const world = new ContractWorld(makeFixture)
  afterEach(() => world.remove())
  describe(`${name}: every runtime`, () => {
    everyRuntime(world)
  })
  if (!hasProcesses) return
  describe(`${name}: a runtime with processes`, () => {
    commands(world)
    ends(world)
    restarts(world)
    sleeps(world)
    networks(world)
  })
}

function everyRuntime(world: ContractWorld): void {
  it('says truly what it is', async () => {
    const runtime = await world.runtime()
    expect(runtime.name).not.toBe('')
    expect(runtime.portsBelongTo).toMatch(/^(pod|session)$/)
  })

  it('starts pods at the same time, lists them, and leaves nothing of a destroyed one', async () => {
    const runtime = await world.runtime()
    const ids = Array.from({ length: 8 }, (_, index) => `pod-${index}`)
    const pods = await Promise.all(ids.map((podId) => world.create({ podId })))
    expect((await runtime.listPodIds()).toSorted()).toEqual(ids)
    for (const id of ids) await runtime.destroyPod(id)
    expect(await runtime.listPodIds()).toEqual([])
    for (const pod of pods) expect(await pod.ended).toBeDefined()
  })

  it('destroys an unknown pod by doing nothing', async () => {
    const runtime = await world.runtime()
    await runtime.destroyPod('pod-nobody')
    expect(await runtime.listPodIds()).toEqual([])
  })

  it('says of a pod that it never started that it is unknown', async () => {
    const runtime = await world.runtime()
    expect(await runtime.adoptPod(await world.order(), null, [])).toEqual({ kind: 'unknown' })
  })

  it('stops a pod, and says so once', async () => {
    const pod = await world.create()
    pod.stop(5_000)
    pod.stop(5_000)
    expect((await pod.ended).outOfMemory).toBe(false)
  })

  it('gives one endpoint for each declared port, the same when asked again', async () => {
    const pod = await world.create({ version: threePorts })
    const session = { sessionId: 'ses-1', hostPorts: await world.sessionPorts(3) }
    const first = await pod.openEndpoints(session)
    expect(first).toMatchObject({
      kind: 'opened',
      endpoints: [
        { name: 'web', protocol: 'http' },
        { name: 'game', protocol: 'tcp' },
        { name: 'voice', protocol: 'udp' },
      ],
    })
    expect(await pod.openEndpoints(session)).toEqual(first)
    await pod.closeEndpoints('ses-1')
    await pod.closeEndpoints('ses-nobody')
  })

  it('freezes a pod and thaws it, again and again, and ends it in its sleep', async () => {
    const pod = await world.create()
    await pod.thaw()
    for (let round = 0; round < 2; round += 1) {
      await pod.freeze()
      await pod.freeze()
      expect((await pod.measureMemory())?.residentBytes).toBeGreaterThanOrEqual(0)
      await pod.thaw()
      await pod.thaw()
    }
    await pod.freeze()
    const problem = await pod.reclaim('light', new AbortController().signal)
    expect(problem === null || problem.length > 0).toBe(true)
    pod.stop(0)
    expect((await pod.ended).outOfMemory).toBe(false)
  })

  it('goes on with a pod after the agent was restarted', async () => {
    const order = await world.order()
    const before = await world.create(order)
    await world.restart()
    const runtime = await world.runtime()
    const adopted = await runtime.adoptPod(order, before.handle, [])
    const after = running(adopted)
    after.stop(0)
    await after.ended
    await runtime.destroyPod(order.podId)
    expect(await runtime.listPodIds()).toEqual([])
  })
}

function commands(world: ContractWorld): void {
  it('writes what the command writes to files of the pod', async () => {
    const pod = await world.create({ version: script(`console.log('out'); console.error('err')`) })
    await pod.ended
    expect(await world.linesOf(pod, 'stdout')).toEqual(['out'])
    expect(await world.linesOf(pod, 'stderr')).toEqual(['err'])
  })

  it('gives the command its arguments and environment, and nothing of the agent', async () => {
    process.env['FORNAX_SECRET_OF_THE_AGENT'] = 'secret'
    const echo = `console.log(JSON.stringify({ args: process.argv.slice(1), env: process.env }))`
    const version = { ...script(echo), args: ['-e', echo, `it's "here"`, '$HOME', ''], env: { MODE: 'a b' } }
    const pod = await world.create({ version })
    await pod.ended
    delete process.env['FORNAX_SECRET_OF_THE_AGENT']
    const told = (await world.linesOf(pod, 'stdout')).join('\n')
    expect(JSON.parse(told)).toMatchObject({
      args: [`it's "here"`, '$HOME', ''],
      env: { MODE: 'a b', FORNAX_POD_ID: pod.podId, FORNAX_APPLICATION: 'demo' },
    })
    expect(told).not.toContain('FORNAX_SECRET_OF_THE_AGENT')
  })

  it('says soon that a command does not exist', async () => {
    const runtime = await world.runtime()
    const order = await world.order({ version: { command: ['/no/such/command'], args: [] } })
    const result = await runtime.createPod(order)
    const end = result.kind === 'created' ? await result.pod.ended : null
    expect([126, 127, null]).toContain(end === null ? null : end.exitCode)
  })

  it('refuses an image that it cannot run, and leaves nothing behind', async () => {
    const runtime = await world.runtime()
    const result = await runtime.createPod(await world.order({ version: { image: '' } }))
    expect(result.kind).toBe('failed')
    expect(await runtime.listPodIds()).toEqual([])
  })

  it('measures what a busy pod uses', async () => {
    const runtime = await world.runtime()
    const pod = await world.create({ version: script(`for (;;) Math.sqrt(2)`) })
    await expect
      .poll(async () => (await runtime.readUsage()).get(pod.podId)?.cpuMs ?? 0, { timeout: 10_000 })
      .toBeGreaterThan(50)
    // What starts a container uses CPU before the program is there.
    await expect
      .poll(async () => (await runtime.readUsage()).get(pod.podId)?.memoryBytes ?? 0, { timeout: 10_000 })
      .toBeGreaterThan(1_000_000)
  })
}

function ends(world: ContractWorld): void {
  it('tells the exit code of a command that ends', async () => {
    const pod = await world.create({ version: script(`process.exit(7)`) })
    expect(await pod.ended).toEqual({ exitCode: 7, outOfMemory: false })
  })

  it('asks before it kills', async () => {
    const version = script(
      `process.on('SIGTERM', () => process.exit(3)); setInterval(() => {}, 1e6); console.log('up')`,
    )
    const pod = await world.create({ version })
    await world.wrote(pod, 'up')
    pod.stop(10_000)
    expect(await pod.ended).toEqual({ exitCode: 3, outOfMemory: false })
  })

  it('kills every process of a pod that does not listen', async () => {
    const child = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1e6); console.log('up ' + process.pid)`
    const parent = `${child}; require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { stdio: 'inherit' })`
    const pod = await world.create({ version: script(parent) })
    await world.wrote(pod, /up \d+\n(.|\n)*up \d+\n/)
    pod.stop(60_000)
    pod.stop(50) // The shorter grace holds.
    expect(await pod.ended).toEqual({ exitCode: 137, outOfMemory: false })
    const runtime = await world.runtime()
    expect((await runtime.readUsage()).has(pod.podId)).toBe(false)
  })
}

function restarts(world: ContractWorld): void {
  it('tells what ended while the agent was away', async () => {
    const order = await world.order({
      version: script(`process.on('SIGTERM', () => process.exit(9)); setInterval(() => {}, 1e6); console.log('up')`),
    })
    const pod = await world.create(order)
    await world.wrote(pod, 'up')
    const { handle } = pod
    pod.stop(10_000)
    await pod.ended
    await world.restart()
    const adopted = await (await world.runtime()).adoptPod(order, handle, [])
    expect(adopted).toEqual({ kind: 'ended', end: { exitCode: 9, outOfMemory: false } })
  })

  it('adopts a pod whose handle was never noted', async () => {
    const order = await world.order()
    await world.wrote(await world.create(order), 'up')
    await world.restart()
    const adopted = await (await world.runtime()).adoptPod(order, null, [])
    expect(adopted.kind).toBe('running')
  })

  it('hears the end of an adopted pod, with its exit code', async () => {
    const order = await world.order()
    const { handle } = await world.create(order)
    await world.restart()
    const adopted = await (await world.runtime()).adoptPod(order, handle, [])
    const after = running(adopted)
    after.stop(0)
    expect(await after.ended).toEqual({ exitCode: 137, outOfMemory: false })
  })

  it('removes pods that nobody knows any more', async () => {
    await world.create({ podId: 'pod-orphan' })
    await world.restart()
    const runtime = await world.runtime()
    expect(await runtime.listPodIds()).toEqual(['pod-orphan'])
    await runtime.destroyPod('pod-orphan')
    expect(await runtime.listPodIds()).toEqual([])
    expect((await runtime.readUsage()).size).toBe(0)
  })
}

function networks(world: ContractWorld): void {
  it('reaches the pod on its probe address and on the endpoints of its session', async () => {
    const pod = await world.create({ version: echoServer })
    await world.wrote(pod, 'listening')
    const probe = pod.probeAddress('game')
    expect(await world.greet(probe ?? { host: '', port: 0 })).toBe('hello')
    const opened = await pod.openEndpoints({ sessionId: 'ses-1', hostPorts: await world.sessionPorts(1) })
    expect(await world.greet(firstEndpoint(opened))).toBe('hello')
    expect(pod.probeAddress('other')).toBeNull()
  })

  it('cuts the connections of a closed session, when ports belong to sessions', async () => {
    const runtime = await world.runtime()
    if (runtime.portsBelongTo === 'pod') return
    const pod = await world.create({ version: echoServer })
    await world.wrote(pod, 'listening')
    const opened = await pod.openEndpoints({ sessionId: 'ses-1', hostPorts: await world.sessionPorts(1) })
    const endpoint = firstEndpoint(opened)
    const socket = await world.dial(endpoint)
    const cut = new Promise((resolve) => socket.once('close', resolve))
    await pod.closeEndpoints('ses-1')
    socket.write('still there?')
    await Promise.race([cut, rejectsAfter(5_000, 'the connection outlived its session')])
    await expect(world.dial(endpoint)).rejects.toThrow(/ECONN|nobody answered/)
  })

  it('knows whether somebody else has a port', async () => {
    const runtime = await world.runtime()
    const server = createServer()
    const taken = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve(portOf(server.address())))
    })
    expect(await runtime.isPortFree(taken, 'tcp')).toBe(false)
    await new Promise((resolve) => server.close(resolve))
    expect(await runtime.isPortFree(taken, 'tcp')).toBe(true)
  })
}
