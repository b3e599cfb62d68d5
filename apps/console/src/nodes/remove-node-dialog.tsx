'use client'
/** Takes a node out of the list, after its name was typed: what it ran is given up. */
import { usePathname, useRouter } from 'next/navigation'
import { plural } from '../format/quantity.ts'
import { RemoveNodeDocument, type NodeRowFragment } from '../graphql/generated/documents.ts'
import { runMutation } from '../graphql/run-mutation.ts'
import { paths } from '../path-builder.ts'
import { ConfirmDialog } from '../ui/confirm-dialog.tsx'

type RemoveProps = {
  readonly node: Pick<NodeRowFragment, 'name' | 'podCount' | 'sessionCount'>
  readonly onClose: () => void
}

export function RemoveNodeDialog({ node: { name, podCount, sessionCount }, onClose }: RemoveProps) {
  const router = useRouter()
  const isOnItsPage = usePathname() === paths.node(name)
  const act = async () => {
    const outcome = await runMutation(RemoveNodeDocument, { name }, (result) => result.removeNode.problem)
    if (outcome.kind === 'done' && isOnItsPage) router.push(paths.nodes())
    return outcome
  }
  const loss =
    podCount + sessionCount === 0
      ? 'Nothing of it is left to lose.'
      : `${plural(podCount, 'pod')} and ${plural(sessionCount, 'session')} are given up.`
  return (
    <ConfirmDialog
      title={`Remove ${name}?`}
      description={`It is taken out of the list with its cordon and its certificate. ${loss} If its machine comes back, it must join anew, and stops what it still runs.`}
      verb="Remove"
      isDangerous
      typedWord={name}
      act={act}
      onClose={onClose}
    />
  )
}
