/** The end of a node, while its core still works. */
import { PodPhase } from '@fornax/proto/fornax/nodelink/v1/nodelink'
import { expect, it } from 'vitest'
import { NodeWorld } from './support/node-world.ts'
import { createPod, define } from './support/orders.ts'

it('makes no new pod while it ends all, although a core that sees pods end asks for others', async () => {
  await using world = await NodeWorld.create()
  const agent = await world.startAgent()
  const { core } = world
  core.command(define('ver-1'), createPod('pod-1', 'ver-1'))
  await core.pod('pod-1', PodPhase.POD_PHASE_STANDBY)
  const ended = agent.stopPods(2_000)
  core.command(createPod('pod-2', 'ver-1'), { $case: 'sendState', value: {} })
  const state = await core.until(() => core.states[1])
  await ended
  expect(state.pods.map(({ podId }) => podId)).not.toContain('pod-2')
  expect(core.pods.has('pod-2')).toBe(false)
})
