/** How a pod ended, in its folder: for an agent that comes after the one that saw it. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { PodEnd } from '../runtime.ts'

const endSchema = z.object({ exitCode: z.number().nullable(), outOfMemory: z.boolean() })

export function writePodEnd(podFolder: string, end: PodEnd): void {
  const path = endFile(podFolder)
  writeFileSync(`${path}.new`, JSON.stringify(end), { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

/** Null: nobody has seen it end. */
export function readPodEnd(podFolder: string): PodEnd | null {
  try {
    return endSchema.parse(JSON.parse(readFileSync(endFile(podFolder), 'utf8')))
  } catch {
    return null
  }
}

function endFile(podFolder: string): string {
  return join(podFolder, 'end.json')
}
