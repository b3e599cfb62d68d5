/** What this node shows on the node link, and where it keeps that. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { z } from 'zod'

/** Key and certificates are PEM. */
export type NodeIdentity = {
  /** The node's name. */
  readonly name: string
  readonly key: string
  readonly certificate: string
  /** Whom to trust, newest first. */
  readonly authorities: readonly string[]
  /** By the clock of this machine, when the certificate came, and how long it is good for from then. */
  readonly cameAtMs: number
  readonly lifetimeMs: number
}

export type IdentityStore = {
  /** Null: this node has not joined yet. */
  load(): NodeIdentity | null
  save(identity: NodeIdentity): void
}

const kept = z.object({
  name: z.string(),
  key: z.string(),
  certificate: z.string(),
  authorities: z.array(z.string()),
  cameAtMs: z.number(),
  lifetimeMs: z.number(),
})

/** In a file that only its owner reads. A file that makes no sense counts as none: the node joins anew. */
export function identityFile(path: string): IdentityStore {
  return {
    load: () => {
      try {
        return kept.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data ?? null
      } catch {
        return null
      }
    },
    save: (identity) => {
      const temporary = `${path}.${process.pid}`
      rmSync(temporary, { force: true })
      writeFileSync(temporary, `${JSON.stringify(identity)}\n`, { mode: 0o600, flag: 'wx', flush: true })
      renameSync(temporary, path)
    },
  }
}

/** For as long as the process lives: simulated nodes are new ones each time. */
export function identityInMemory(): IdentityStore {
  let identity: NodeIdentity | null = null
  return { load: () => identity, save: (next) => (identity = next) }
}
