/** What runtimes can run that have no images of their own. */
import { statSync } from 'node:fs'
import type { ApplicationVersion } from '@fornax/node-model/application-version'

/** Why a pod on the node's own root file system cannot be run at all; null when it can. */
export function refusalOfHostPod(version: ApplicationVersion, runtimeName: string): string | null {
  if (version.image !== 'host') return `the ${runtimeName} runtime runs only the image \`host\``
  if (version.command.length + version.args.length === 0) return 'there is no command to run'
  const wish = containerWish(version)
  if (wish !== null) return `the ${runtimeName} runtime cannot ${wish}: that takes an OCI image and containerd`
  const folder = version.workingDirectory
  if (folder !== '' && !statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    return `the working directory ${folder} does not exist`
  return null
}

/** What only containers can do; the core refuses it before. */
function containerWish({
  user,
  capabilities,
  hasWritableRoot,
  readiness,
  liveness,
}: ApplicationVersion): string | null {
  if (user !== '') return 'choose the user of a pod'
  if (capabilities.length > 0) return 'let a pod keep capabilities'
  if (hasWritableRoot) return 'make the root of a pod writable'
  const runsCommands = [readiness.probe, liveness?.probe].some((probe) => probe?.kind === 'exec')
  return runsCommands ? 'run a command in a pod to probe it' : null
}
