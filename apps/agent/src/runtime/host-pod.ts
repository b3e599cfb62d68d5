/** What runtimes can run that have no images of their own. */
import { statSync } from 'node:fs'
import type { ApplicationVersion } from '@fornax/node-model/application-version'

/** Why a pod on the node's own root file system cannot be run at all; null when it can. */
export function refusalOfHostPod(version: ApplicationVersion, runtimeName: string): string | null {
  if (version.image !== 'host') return `the ${runtimeName} runtime runs only the image \`host\``
  if (version.command.length + version.args.length === 0) return 'there is no command to run'
  const folder = version.workingDirectory
  if (folder !== '' && !statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    return `the working directory ${folder} does not exist`
  return null
}
