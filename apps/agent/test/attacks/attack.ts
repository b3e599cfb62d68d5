/**
 * What code inside a pod may try against its node, and what each runtime promises about it. The table is data: one
 * suite runs every attack on every runtime, and the table of `docs/security.md` is made of the same data.
 */
import type { ApplicationVersion } from '@fornax/node-model/application-version'
import type { PodEnd } from '../../src/runtime/runtime.ts'

/** `plainBubblewrap`: as an agent without root has it. */
export const RUNTIME_KINDS = ['process', 'plainBubblewrap', 'bubblewrap', 'containerd'] as const
export type RuntimeKind = (typeof RUNTIME_KINDS)[number]

/**
 * `denied`: it gets nothing. `contained`: it hurts itself alone. `notPromised`: it may have its way, and nobody is to
 * count on anything else.
 */
export type Verdict = 'denied' | 'contained' | 'notPromised'

export type Promised = {
  readonly verdict: Verdict
  /** For the table. */
  readonly words: string
  /** Whether it succeeds where nothing is promised depends on the machine. */
  readonly isOpen?: true
}

/** What an attack came to. */
export type Outcome = 'denied' | 'contained' | 'succeeded'

export type Attack = {
  /** As it reads after "from inside a pod". */
  readonly name: string
  readonly promises: Readonly<Record<RuntimeKind, Promised>>
  /** What a machine must be able to do where the runtime depends on it. */
  readonly needs?: 'networks' | 'limits' | 'filter'
  readonly version?: Partial<ApplicationVersion>
  /** A script of Node's. Its last line says what it came to: `say(outcome, how)`. */
  readonly source: (node: AttackedNode) => string
  /** It goes on until an agent that looks at what it has written ends it. */
  readonly isForAgentToEnd?: true
  /** Where pods have networks of their own, a metadata service is there meanwhile. */
  readonly wantsMetadataService?: true
  /** How many words of it the session service is to hear. */
  readonly wordsToHear?: number
  /** Where what it says does not tell all. */
  readonly judge?: (result: AttackResult) => Outcome
}

export type AttackResult = {
  readonly end: PodEnd | null
  /** Null: it came to no end of its own. */
  readonly said: { readonly outcome: Outcome; readonly how: unknown } | null
  /** Why there was no pod at all; null: there was. */
  readonly refusal: string | null
  /** An agent would have ended it for what it wrote. */
  readonly wasEnded: boolean
  /** What the session service heard over the socket of the attacker. */
  readonly wasHeard: readonly string[]
}

/** What there is to attack. */
export type AttackedNode = {
  readonly kind: RuntimeKind
  /** Files of the node that everybody on it may read, in a folder that no pod may see. */
  readonly hiddenFiles: readonly string[]
  /** A file of the node that everybody on it may write, in a folder that everybody may write to. */
  readonly canary: string
  /** Where an attack may leave things: memory of the pod, or where there is nothing of the kind a scratch folder. */
  readonly ownFolders: readonly string[]
  /** Whether the pod is in a sandbox: without one, an attack must be careful of the machine that it runs on. */
  readonly isSandboxed: boolean
  readonly hasOwnNetworks: boolean
  readonly addresses: readonly string[]
  /** Of a server that listens on every address, as the agent, the node link and the private ports of the API could. */
  readonly nodePort: number
  /** Of one that listens on the loopback address alone. */
  readonly loopbackPort: number
  /** Unix sockets of the node: one by its path, one that has a name alone. */
  readonly nodeSockets: readonly string[]
  /** One that everybody on the node may open, in a folder like any other. */
  readonly openSocket: string
  readonly agent: ProcessName
  readonly neighbour: Neighbour
}

/** A process of the node. A number alone may be that of another one inside. */
export type ProcessName = { readonly pid: number; readonly startTicks: number }

export type Neighbour = {
  /** What it says to whoever comes. */
  readonly podId: string
  readonly process: ProcessName
  readonly address: { readonly host: string; readonly port: number }
  readonly endpointPort: number
  readonly sessionSocket: string
  /** Its log, its files and its secrets, where they lie on the node. */
  readonly files: readonly string[]
  /** What an application would say over its session socket in the neighbour's name, as bytes in base64. */
  readonly forgedWords: readonly string[]
}

/** What services of the node say to whoever comes. */
export const NODE_WORD = 'a service of the node'

/** What it came to, for most attacks. An attack that had no pod was not made, and shows nothing. */
export function outcomeOf({ said, refusal, end }: AttackResult): Outcome {
  if (refusal !== null) throw new Error(`there was no pod to attack from: ${refusal}`)
  if (said !== null) return said.outcome
  return end?.outOfMemory === true ? 'contained' : 'succeeded' // It died of what it did; of anything else it must not.
}
