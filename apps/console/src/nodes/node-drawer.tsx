'use client'
/** A node at the side of the map: enough to decide whether to look closer. */
import Link from 'next/link'
import { formatCount } from '../format/quantity.ts'
import type { NodeRowFragment } from '../graphql/generated/documents.ts'
import { paths } from '../path-builder.ts'
import { buttonClass } from '../ui/button.tsx'
import { Drawer } from '../ui/drawer.tsx'
import { Facts } from '../ui/facts.tsx'
import { Icon } from '../ui/icon.tsx'
import { CapacityBars } from './capacity-bars.tsx'
import { NodeButtons } from './node-buttons.tsx'
import { NodePhaseMark } from './node-columns.tsx'
import { factsOfNode } from './node-facts.tsx'

type DrawerProps = {
  readonly node: NodeRowFragment
  readonly onClose: () => void
  readonly takesFocus: boolean
}

export function NodeDrawer({ node, onClose, takesFocus }: DrawerProps) {
  return (
    <Drawer title={node.name} label={`Node ${node.name}`} onClose={onClose} takesFocus={takesFocus}>
      <div className="flex flex-wrap items-center justify-between gap-2 px-4 pt-3">
        <NodePhaseMark node={node} />
        <span className="flex flex-wrap gap-2">
          <NodeButtons node={node} />
        </span>
      </div>
      <CapacityBars node={node} />
      <div className="flex gap-2 px-4">
        <Link href={paths.node(node.name)} className={buttonClass('primary')}>
          Look closer
          <Icon name="chevron" />
        </Link>
        <Link href={paths.sessions({ node: node.name })} className={buttonClass('secondary')}>
          {formatCount(node.sessionCount)} {node.sessionCount === 1 ? 'session' : 'sessions'}
        </Link>
      </div>
      <Facts facts={factsOfNode(node)} />
    </Drawer>
  )
}
