/** The files that a pod finds at paths of its own, read-only: those of its version on the disk, secrets in memory. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ApplicationVersion } from '@fornax/node-model/application-version'
import type { PodOrder } from './runtime.ts'
import type { SecretPlace } from './secret-place.ts'

/** A file of the node, and where the pod finds it. */
export type FileMount = { readonly hostPath: string; readonly path: string }

const READ_ONLY = 0o444

/** Writes all files of a pod. `podFolder` is there already, and nobody but the agent's user can enter it. */
export function makePodFiles(
  { podId, version, secrets }: Pick<PodOrder, 'podId' | 'version' | 'secrets'>,
  podFolder: string,
  place: SecretPlace,
): readonly FileMount[] {
  const files = version.files ?? []
  const folder = join(podFolder, 'files')
  if (files.length > 0) mkdirSync(folder, { mode: 0o700 })
  const ofVersion = files.map(({ path, content }, index): FileMount => {
    const hostPath = join(folder, String(index))
    writeFileSync(hostPath, content, { mode: READ_ONLY, flag: 'wx' })
    chmodSync(hostPath, READ_ONLY)
    return { hostPath, path }
  })
  const secret = (secrets?.files ?? []).map(({ path, content }, index) => ({
    path,
    hostPath: place.write(podId, String(index), content),
  }))
  return [...ofVersion, ...secret]
}

/** The version as the pod sees it: secrets that are variables stand among the others. It must not be kept. */
export function withSecretEnv({ version, secrets }: Pick<PodOrder, 'version' | 'secrets'>): ApplicationVersion {
  return secrets === undefined ? version : { ...version, env: { ...version.env, ...secrets.env } }
}

/** All paths at which the pod finds a file. */
export function filePathsOf({ version, secrets }: Pick<PodOrder, 'version' | 'secrets'>): readonly string[] {
  return [...(version.files ?? []), ...(secrets?.files ?? [])].map(({ path }) => path)
}
