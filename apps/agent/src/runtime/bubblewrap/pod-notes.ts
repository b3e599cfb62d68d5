/** What the agent notes in a pod's folder, for an agent that comes after it. */
import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { z } from 'zod'
import type { PodHandle } from './bubblewrap-pod.ts'

const handleSchema = z.object({
  sandbox: z.object({ pid: z.number(), startTicks: z.number(), bootId: z.string() }),
  slot: z.number().nullable(),
  // Pods of older agents do not say: what they stand on is called like them.
  groupName: z.string().default(''),
})

/** Reads what `RuntimePod.handle` was. */
export function parseHandle(handle: string): PodHandle {
  return handleSchema.parse(JSON.parse(handle))
}

/** Notes where on the network a pod is, before it is started. */
export function noteSlot(podFolder: string, slot: number | null): void {
  if (slot !== null) writeFileSync(join(podFolder, 'slot'), String(slot), { mode: 0o600 })
}

/** Null: it is on the node's own network, or never came that far. */
export function readSlot(podFolder: string): number | null {
  try {
    const slot = readFileSync(join(podFolder, 'slot'), 'utf8')
    return /^\d+$/.test(slot) ? Number(slot) : null
  } catch {
    return null // Nothing was noted.
  }
}

/** What the network and the groups of a pod are called: like it, unless its sandbox was there before it. */
export function readGroupName(podFolder: string, podId: string): string {
  try {
    return basename(readFileSync(join(podFolder, 'box'), 'utf8')) || podId
  } catch {
    return podId // It was made for the pod.
  }
}
