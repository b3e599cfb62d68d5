'use client'
/** What can be done to all nodes that are marked, with the reason where it cannot. */
import dynamic from 'next/dynamic'
import { useLayoutEffect, useRef, useState } from 'react'
import type { NodeRowFragment } from '../graphql/generated/documents.ts'
import { Button } from '../ui/button.tsx'
import { useRole } from '../viewer/viewer-context.tsx'
import { whyNoNodes } from '../viewer/viewer-rules.ts'
import type { NodeAct } from './use-node-acts.ts'

const MarkedNodesQuestions = dynamic(
  () => import('./marked-nodes-questions.tsx').then((module) => module.MarkedNodesQuestions),
  { ssr: false },
)

type Row = NodeRowFragment

export type Asked = { readonly act: NodeAct; readonly nodes: readonly Row[] }

type BarProps = {
  readonly marked: readonly Row[]
  /** How many they are. */
  readonly words: string
  readonly clear: () => void
  /** Told when the bar goes, with whatever had focus in it. */
  readonly leaveTo: () => void
}

/** To which of the marked each act applies, and why it applies to none. */
const ACTS: readonly {
  readonly act: NodeAct
  readonly verb: string
  readonly isMeant: (node: Row) => boolean
  readonly none: string
}[] = [
  { act: 'cordon', verb: 'Cordon', isMeant: (node) => !node.isCordoned, none: 'All of them are cordoned.' },
  { act: 'uncordon', verb: 'Uncordon', isMeant: (node) => node.isCordoned, none: 'None of them is cordoned.' },
  {
    act: 'drain',
    verb: 'Drain',
    isMeant: (node) => node.drainDeadline === null,
    none: 'All of them are being drained.',
  },
  {
    act: 'remove',
    verb: 'Remove',
    isMeant: ({ phase }) => phase !== 'READY' && phase !== 'JOINING',
    none: 'All of them are connected: drain them, then stop their agents.',
  },
]

export function MarkedNodesBar({ marked, words, clear, leaveTo }: BarProps) {
  const [asked, setAsked] = useState<Asked | null>(null)
  const bar = useRef<HTMLDivElement>(null)
  useFocusLeft(bar, leaveTo)
  const noRight = whyNoNodes(useRole())
  return (
    <div
      ref={bar}
      role="region"
      aria-label="Marked nodes"
      className="flex min-h-10 flex-wrap items-center gap-x-3 gap-y-1.5 border-t border-ember/50 bg-ember-soft px-4 py-1"
    >
      <span className="font-medium">{words}</span>
      {ACTS.map(({ act, verb, isMeant, none }) => {
        const nodes = marked.filter(isMeant)
        return (
          <Button
            key={act}
            size="small"
            disabledReason={noRight ?? (nodes.length === 0 ? none : null)}
            onClick={() => setAsked({ act, nodes })}
          >
            {nodes.length === 0 ? verb : `${verb} ${nodes.length}`}…
          </Button>
        )
      })}
      <Button size="small" look="ghost" onClick={clear}>
        Unmark all
      </Button>
      {asked !== null && <MarkedNodesQuestions asked={asked} close={() => setAsked(null)} />}
    </div>
  )
}

/** Whoever steers by keys stands nowhere when what had focus goes: in the bar, or in a question that it asked. */
function useFocusLeft(bar: { readonly current: HTMLElement | null }, leaveTo: () => void): void {
  const leave = useRef(leaveTo)
  useLayoutEffect(() => {
    leave.current = leaveTo
  })
  useLayoutEffect(() => {
    const own = bar.current
    return () => {
      const at = document.activeElement
      if (own?.contains(at) === true || at?.closest('[role=alertdialog]')) leave.current()
    }
  }, [bar])
}
