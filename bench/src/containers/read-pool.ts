/** How many pods an application has, by what they do. */
import { ApplicationDocument } from '@fornax/client/generated/documents'
import type { ContainersWorld } from './containers-world.ts'

export async function readPool({ core }: Pick<ContainersWorld, 'core'>, name: string) {
  const { application } = await core.client.request(ApplicationDocument, { name })
  if (application === null) throw new Error(`there is no application ${name}`)
  if (application.problem !== null) throw new Error(application.problem.message)
  return application.pool
}
