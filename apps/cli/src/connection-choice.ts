/** Which server a command speaks to, and who said so. */

export type Connection = {
  readonly url: string
  /** For messages: who said so. */
  readonly urlSource: string
  readonly token: string | null
  readonly tokenSource: string | null
}

export type ConnectionFlags = { readonly server?: string | undefined; readonly token?: string | undefined }
