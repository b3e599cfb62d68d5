/** What every runtime must do with pods that sleep. Part of `runtime.contract.ts`. */
import { expect, it } from 'vitest'
import { running, script, type ContractWorld } from './runtime-world.contract.ts'

/** Of every runtime with processes: what sleeps stands still, wakes as it was, and can be ended. */
export function sleeps(world: ContractWorld): void {
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
