/** How a node introduces itself to a core. */
import type { Isolation } from '@fornax/node-model/isolation-rules'

/** What a node says of itself. */
export type NodeIntroduction = {
  readonly name: string
  readonly ledgerId: string
  readonly agentVersion: string
  readonly resources: { readonly cpuMillis: number; readonly memoryBytes: number; readonly pods: number }
  readonly runtimes: readonly { readonly name: string; readonly isolation: Isolation }[]
  readonly labels: Readonly<Record<string, string>>
  readonly taints: readonly { readonly key: string; readonly value: string; readonly effect: string }[]
  /** Where clients of this node's sessions reach it. */
  readonly address: string
}
