'use client'
/** What an operator can do to a node, each asked for once more before it is done. */
import { useState } from 'react'
import { formatRoughMs } from '../format/duration.ts'
import { plural } from '../format/quantity.ts'
import {
  CordonNodeDocument,
  DrainNodeDocument,
  UncordonNodeDocument,
  type NodeRowFragment,
} from '../graphql/generated/documents.ts'
import { runMutation } from '../graphql/run-mutation.ts'
import { ConfirmDialog } from '../ui/confirm-dialog.tsx'
import { SelectField } from '../ui/form.tsx'
import { ActionMenu } from '../ui/menu.tsx'
import { useRole } from '../viewer/viewer-context.tsx'
import { whyNoNodes } from '../viewer/viewer-rules.ts'

type Asking = 'cordon' | 'uncordon' | 'drain'

export function NodeActions({ node }: { readonly node: NodeRowFragment }) {
  const [asking, setAsking] = useState<Asking | null>(null)
  const noRight = whyNoNodes(useRole())
  const isClosedToPods = node.isCordoned || node.drainDeadline !== null
  const close = (): void => setAsking(null)
  return (
    <>
      <ActionMenu
        label={`Actions for ${node.name}`}
        actions={[
          isClosedToPods
            ? { label: 'Uncordon…', onSelect: () => setAsking('uncordon'), disabledReason: noRight }
            : { label: 'Cordon…', onSelect: () => setAsking('cordon'), disabledReason: noRight },
          {
            label: 'Drain…',
            onSelect: () => setAsking('drain'),
            isDangerous: true,
            disabledReason: noRight ?? (node.drainDeadline === null ? null : 'It is being drained already.'),
          },
        ]}
      />
      {asking === 'cordon' && (
        <ConfirmDialog
          title={`Cordon ${node.name}?`}
          description="New pods will go to other nodes. What runs here goes on."
          verb="Cordon"
          act={() => runMutation(CordonNodeDocument, { name: node.name }, (result) => result.cordonNode.problem)}
          onClose={close}
        />
      )}
      {asking === 'uncordon' && (
        <ConfirmDialog
          title={`Uncordon ${node.name}?`}
          description={
            node.drainDeadline === null
              ? 'New pods may come to it again.'
              : 'This ends the drain: new pods may come to it again.'
          }
          verb="Uncordon"
          act={() => runMutation(UncordonNodeDocument, { name: node.name }, (result) => result.uncordonNode.problem)}
          onClose={close}
        />
      )}
      {asking === 'drain' && <DrainDialog node={node} onClose={close} />}
    </>
  )
}

const GRACES_MS = [0, 60_000, 600_000, 3_600_000] as const

function DrainDialog({ node, onClose }: { readonly node: NodeRowFragment; readonly onClose: () => void }) {
  const [sessionsMayLastMs, setGrace] = useState<number>(60_000)
  const variables = { name: node.name, sessionsMayLastMs }
  return (
    <ConfirmDialog
      title={`Drain ${node.name}?`}
      description={consequenceOf(node.sessionCount, sessionsMayLastMs)}
      verb="Drain"
      isDangerous
      act={() => runMutation(DrainNodeDocument, variables, (result) => result.drainNode.problem)}
      onClose={onClose}
    >
      <div className="mt-4">
        <SelectField
          label="Open sessions may go on for"
          value={sessionsMayLastMs}
          onChange={(event) => setGrace(Number(event.target.value))}
        >
          {GRACES_MS.map((graceMs) => (
            <option key={graceMs} value={graceMs}>
              {graceMs === 0 ? 'no longer: close them now' : formatRoughMs(graceMs)}
            </option>
          ))}
        </SelectField>
      </div>
    </ConfirmDialog>
  )
}

function consequenceOf(sessionCount: number, graceMs: number): string {
  const idle = 'Its idle pods move to other nodes, and no new pods come.'
  if (sessionCount === 0) return `${idle} No session is open on it.`
  const when =
    graceMs === 0 ? 'will be asked to close now' : `may go on for ${formatRoughMs(graceMs)}, and are closed then`
  return `${idle} ${plural(sessionCount, 'session')} on it ${when}.`
}
