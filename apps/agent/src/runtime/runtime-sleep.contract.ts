/** What every runtime must do with pods that sleep. Part of `runtime.contract.ts`. */
import type { Socket } from 'node:net'
import { expect, it } from 'vitest'
import { firstEndpoint, running, script, type ContractWorld } from './runtime-world.contract.ts'

/** Of every runtime with processes: what sleeps stands still, wakes as it was, and can be ended. */
export function sleeps(world: ContractWorld): void {
  const replies = {
    ...script(
      `require('node:net').createServer((s) => { s.on('error', () => {}); s.pipe(s) })` +
        `.listen(Number(process.env.PORT), () => console.log('listening'))`,
    ),
    ports: [{ name: 'game', protocol: 'tcp', containerPort: 7000 }],
  }
  const counter = script(`let n = 0; console.log('up'); setInterval(() => console.log('at ' + (n += 1)), 10)`)

  it('stands still while it is frozen, and goes on where it was', async () => {
    const pod = await world.create({ version: counter })
    const other = await world.create({ version: counter })
    await Promise.all([pod, other].map((one) => world.wrote(one, 'at 3\n')))
    await pod.freeze()
    const before = await world.linesOf(pod, 'stdout')
    const seen = await world.linesOf(other, 'stdout')
    await world.wrote(other, `at ${seen.length + 25}\n`) // So much time has passed.
    expect(await world.linesOf(pod, 'stdout')).toEqual(before)
    await pod.thaw()
    await world.wrote(pod, `at ${before.length + 5}\n`)
  })

  it('asks a frozen pod to end, which hears it', async () => {
    const version = script(
      `process.on('SIGTERM', () => process.exit(3)); setInterval(() => {}, 1e6); console.log('up')`,
    )
    const pod = await world.create({ version })
    await world.wrote(pod, 'up')
    await pod.freeze()
    pod.stop(10_000)
    expect(await pod.ended).toEqual({ exitCode: 3, outOfMemory: false })
  })

  it('kills a frozen pod', async () => {
    const pod = await world.create()
    await world.wrote(pod, 'up')
    await pod.freeze()
    pod.stop(0)
    expect(await pod.ended).toEqual({ exitCode: 137, outOfMemory: false })
  })

  it('adopts a frozen pod, which goes on when it is thawed', async () => {
    const order = await world.order({ version: counter })
    const pod = await world.create(order)
    await world.wrote(pod, 'at 3\n')
    await pod.freeze()
    const before = await world.linesOf(pod, 'stdout')
    await world.restart()
    const after = running(await (await world.runtime()).adoptPod(order, pod.handle, []))
    expect(await world.linesOf(after, 'stdout')).toEqual(before)
    await after.thaw()
    await world.wrote(after, `at ${before.length + 5}\n`)
  })

  it('says at once when somebody speaks to a frozen pod, and nothing of that is lost', async () => {
    const pod = await world.create({ version: replies })
    await world.wrote(pod, 'listening')
    const { activity } = pod
    if (!activity) return expect((await world.runtime()).portsBelongTo).toBe('pod') // Nobody can tell there.
    const session = { sessionId: 'ses-a', hostPorts: await world.sessionPorts(1) }
    const address = firstEndpoint(await pod.openEndpoints(session))
    expect((await activity.read())?.packets).toBe(0)
    const probe = pod.probeAddress('game')
    if (probe) expect(await said(await world.dial(probe), 'well?')).toBe('well?')
    expect((await activity.read())?.packets).toBe(0) // What the agent asks is nobody's traffic.
    const client = await world.dial(address)
    expect(await said(client, 'one')).toBe('one')
    const packets = (await activity.read())?.packets ?? 0
    expect(packets).toBeGreaterThan(0)

    for (const speak of [() => said(client, 'two'), async () => await said(await world.dial(address), 'two')]) {
      const spoken = Promise.withResolvers<void>()
      await activity.alert(spoken.resolve)
      await pod.freeze()
      const answer = speak()
      await spoken.promise
      await activity.calm()
      await pod.thaw()
      expect(await answer).toBe('two')
    }
    const now = await activity.read()
    expect(now?.packets).toBeGreaterThan(packets)
    expect(now?.cpuMs).toBeGreaterThan(0)
  })

  it('removes a frozen pod that nobody knows any more', async () => {
    const pod = await world.create({ podId: 'pod-orphan' })
    await world.wrote(pod, 'up')
    await pod.freeze()
    await world.restart()
    const runtime = await world.runtime()
    await runtime.destroyPod('pod-orphan')
    expect(await runtime.listPodIds()).toEqual([])
    expect((await runtime.readUsage()).size).toBe(0)
  })
}

function said(socket: Socket, words: string): Promise<string> {
  socket.write(words)
  return new Promise((resolve) => socket.once('data', (bytes) => resolve(bytes.toString())))
}
