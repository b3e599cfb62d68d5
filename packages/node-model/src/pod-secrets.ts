/** The values of secrets that one pod gets. They live in memory: no ledger, no log and no report holds them. */
export type PodSecrets = {
  readonly env: Readonly<Record<string, string>>
  readonly files: readonly SecretFile[]
  /** For the image of the pod. */
  readonly credentials: readonly RegistryCredentials[]
  /** Why the pod cannot be made; empty: it can. */
  readonly problem: string
}

export type SecretFile = { readonly path: string; readonly content: Uint8Array }

/** By whom images of one registry are pulled. */
export type RegistryCredentials = {
  /** A host, with its port if it has one. */
  readonly registry: string
  readonly username: string
  readonly password: string
  /** Instead of a password, where a registry gives those out. */
  readonly identityToken: string
}
