/**
 * Where a pod's things lie. Each runtime has a folder of pods, each pod a folder
 * in it, named by its id; the agent reads the logs there, whatever the runtime.
 */
import { join } from 'node:path'

export type PodFolder = {
  readonly path: string
  /** What the pod's command wrote. Opened for appending, so that copy-and-truncate rotates it. */
  readonly stdout: string
  readonly stderr: string
}

/** The folder of a pod under its runtime's folder of pods. */
export function podFolderOf(podsFolder: string, podId: string): PodFolder {
  const path = join(podsFolder, podId)
  return { path, stdout: join(path, 'stdout.log'), stderr: join(path, 'stderr.log') }
}

/** The folder of pods that belongs to a runtime. */
export function podsFolderOf(dataDir: string, runtimeName: string): string {
  return join(dataDir, 'pods', runtimeName)
}
