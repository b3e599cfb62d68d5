/** The same pod made by bare calls to containerd, by nobody but the bench: what the agent's own work is measured by. */
import { systemClock } from '@fornax/kernel/clock'
import { ContainerdCalls } from '../../../apps/agent/src/runtime/containerd/test/bare-pod.ts'
import type { ScratchContainerd } from '../../../apps/agent/src/runtime/containerd/test/scratch-containerd.ts'

/** How long the three calls take that make and start a pod, one after the other. It is removed before this settles. */
export async function makeBarePod(containerd: ScratchContainerd, image: string, name: string): Promise<number> {
  using calls = new ContainerdCalls(containerd.socketPath, systemClock)
  const beganMs = performance.now()
  const pod = await calls.make(image, name)
  const tookMs = performance.now() - beganMs
  await calls.remove(pod)
  return tookMs
}
