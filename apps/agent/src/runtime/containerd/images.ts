/** The images that this node has, and gets when a pod needs them. */
import { CriError, type CriClient, type Image } from './cri-client.ts'

/** By whom an image is pulled from a registry that asks. */
export type PullCredentials = {
  readonly username: string
  readonly password: string
  /** Instead of a password, where a registry gives those out. */
  readonly identityToken: string
}

/** Null: the image is pulled without. */
export type CredentialsOf = (image: string) => Promise<PullCredentials | null>

export type EnsureImageResult =
  | { readonly kind: 'present'; readonly image: Image }
  /** `reason` is for people, with the words of containerd. */
  | { readonly kind: 'absent'; readonly reason: string }

const REASON_LETTERS = 500

export class Images {
  readonly #client: CriClient
  readonly #credentialsOf: CredentialsOf
  /** Pods that start together wait for one pull. */
  readonly #pulls = new Map<string, Promise<EnsureImageResult>>()

  constructor(client: CriClient, credentialsOf: CredentialsOf) {
    this.#client = client
    this.#credentialsOf = credentialsOf
  }

  /** Pulls the image when the node does not have it. */
  async ensure(name: string): Promise<EnsureImageResult> {
    try {
      const image = await this.#client.imageStatus(name)
      if (image !== null) return { kind: 'present', image }
    } catch (error) {
      return absent(name, error) // Not the name of an image, most likely.
    }
    const pull = this.#pulls.get(name) ?? this.#pull(name).finally(() => this.#pulls.delete(name))
    this.#pulls.set(name, pull)
    return await pull
  }

  async #pull(name: string): Promise<EnsureImageResult> {
    try {
      const credentials = await this.#credentialsOf(name)
      await this.#client.pullImage(name, credentials === null ? null : { ...credentials, serverAddress: '' })
      const image = await this.#client.imageStatus(name)
      if (image === null) return { kind: 'absent', reason: `the image ${name} was pulled and is not there` }
      return { kind: 'present', image }
    } catch (error) {
      return absent(name, error)
    }
  }
}

function absent(name: string, error: unknown): EnsureImageResult {
  if (!(error instanceof CriError)) throw error
  return { kind: 'absent', reason: `the image ${name}: ${error.message}`.slice(0, REASON_LETTERS) }
}
