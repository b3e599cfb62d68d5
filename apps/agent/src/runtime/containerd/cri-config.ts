/** What containerd says of itself, in our own words. */
import type { Isolation } from '@fornax/node-model/isolation-rules'
import type { StatusResponse } from '@fornax/proto/cri/v1/runtime'
import { z } from 'zod'

export type CriConfig = {
  /** What pods without a runtime class of containerd's run on. */
  readonly defaultHandler: string
  /** The others, by name. */
  readonly handlers: readonly string[]
  /** Whether groups are named by files; otherwise systemd makes them, and names them its own way. */
  readonly usesCgroupFiles: boolean
}

const runtimeSchema = z.object({ options: z.object({ SystemdCgroup: z.boolean().optional() }).nullish() })
const configSchema = z.object({
  containerd: z.object({ defaultRuntimeName: z.string(), runtimes: z.record(z.string(), runtimeSchema) }),
})

/** Reads the answer to `Status`, with as little as possible taken for granted. */
export function readCriConfig({ info }: StatusResponse): CriConfig {
  const parsed = configSchema.safeParse(parseJson(info['config'] ?? ''))
  if (!parsed.success) return { defaultHandler: '', handlers: [], usesCgroupFiles: false }
  const { defaultRuntimeName, runtimes } = parsed.data.containerd
  return {
    defaultHandler: defaultRuntimeName,
    handlers: Object.keys(runtimes).filter((name) => name !== defaultRuntimeName),
    usesCgroupFiles: Object.values(runtimes).every(({ options }) => options?.SystemdCgroup !== true),
  }
}

/** Why no pod could run; null when one can. */
export function problemOf({ status }: StatusResponse): string | null {
  const unmet = (status?.conditions ?? []).find((condition) => !condition.status)
  return unmet === undefined
    ? null
    : `${unmet.type} is false: ${unmet.message || unmet.reason || 'it does not say why'}`
}

/** Runtimes with a kernel of their own, by the beginnings of their handlers' names. */
const SANDBOXES = ['runsc', 'gvisor', 'kata', 'quark', 'firecracker']

/** What a handler is worth, by its name: containerd does not tell. */
export function isolationOf(handler: string): Isolation {
  return SANDBOXES.some((name) => handler.startsWith(name)) ? 'sandbox' : 'container'
}

const specSchema = z.object({
  pid: z.number().optional(),
  runtimeSpec: z.object({
    process: z.object({ user: z.object({ uid: z.number(), gid: z.number() }) }).optional(),
    linux: z.object({ namespaces: z.array(z.object({ type: z.string(), path: z.string().optional() })) }),
  }),
})

/** What an OCI specification says of a sandbox or container, in the `info` of its status. */
export type SpecFacts = {
  /** The file of its network namespace; empty: it is the node's. */
  readonly networkFile: string
  /** Who its command runs as. */
  readonly user: { readonly uid: number; readonly gid: number }
  /** Of its first process on the node; 0: there is none. */
  readonly pid: number
}

export function readSpec(info: Readonly<Record<string, string>>): SpecFacts {
  const { runtimeSpec, pid = 0 } = specSchema.parse(parseJson(info['info'] ?? ''))
  const network = runtimeSpec.linux.namespaces.find(({ type }) => type === 'network')
  const { uid, gid } = runtimeSpec.process?.user ?? { uid: 0, gid: 0 }
  return { networkFile: network?.path ?? '', user: { uid, gid }, pid }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
