/** How a container ended, by what containerd says of it. */
import { sleep, type Clock } from '@fornax/kernel/clock'
import { ContainerState, type ContainerStatus } from '@fornax/proto/cri/v1/runtime'
import type { PodEnd } from '../runtime.ts'
import { isNotFound, type CriClient } from './cri-client.ts'

/** What containerd says when it came back, and the container was gone. */
const NOBODY_SAW_IT = 'Unknown'
const OUT_OF_MEMORY = 'OOMKilled'

const ASK_AGAIN_MS = 10
const ASK_TIMES_MAX = 200

/** Null: it has not ended. */
export function endOfContainer({ state, exitCode, reason }: ContainerStatus): PodEnd | null {
  if (state === ContainerState.CONTAINER_UNKNOWN) return { exitCode: null, outOfMemory: false }
  if (state !== ContainerState.CONTAINER_EXITED) return null
  if (reason === NOBODY_SAW_IT) return { exitCode: null, outOfMemory: false }
  // A command that survived the loss of one of its processes did not die of it.
  return { exitCode, outOfMemory: reason === OUT_OF_MEMORY && exitCode !== 0 }
}

/**
 * The end of a container that is known to have ended: containerd needs some ten milliseconds to put it down. Null when
 * it still does not know.
 */
export async function awaitEnd(client: CriClient, containerId: string, clock: Clock): Promise<PodEnd | null> {
  for (let times = 0; times < ASK_TIMES_MAX; times += 1) {
    const end = await askForEnd(client, containerId)
    if (end !== null) return end
    await sleep(clock, ASK_AGAIN_MS)
  }
  return null
}

/** Null: it runs. A container that is not there has ended, too. */
export async function askForEnd(client: CriClient, containerId: string): Promise<PodEnd | null> {
  try {
    const { status } = await client.containerStatus(containerId)
    return status === undefined ? null : endOfContainer(status)
  } catch (error) {
    if (isNotFound(error)) return { exitCode: null, outOfMemory: false }
    throw error
  }
}
