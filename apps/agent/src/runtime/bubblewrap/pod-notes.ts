/** What the agent notes in a pod's folder, for an agent that comes after it. */
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { PodOrder } from '../runtime.ts'
import type { PodHandle } from './bubblewrap-pod.ts'

const handleSchema = z.object({
  sandbox: z.object({ pid: z.number(), startTicks: z.number(), bootId: z.string() }),
  slot: z.number().nullable(),
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

/** Why this runtime cannot run a pod at all; null when it can. */
export function refusalOf({ version }: PodOrder): string | null {
  if (version.image !== 'host') return 'the bubblewrap runtime runs only the image `host`'
  if (version.command.length + version.args.length === 0) return 'there is no command to run'
  const folder = version.workingDirectory
  if (folder !== '' && !statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    return `the working directory ${folder} does not exist`
  return null
}
