/**
 * The authority of this cluster's node link, in a file of the data folder that only its owner reads, or brought from
 * outside. When it is rotated, the one before is trusted as long as any certificate that it signed, and vouches for
 * the new one meanwhile; so a node that has not heard of the change yet still finds its core.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import type { SecureContextOptions } from 'node:tls'
import { Issuer, newAuthority, type Issued, type KeyedCertificate } from '@fornax/certificates/authority'
import type { NodeSubject } from '@fornax/certificates/names'
import { certificatesIn, pinOf } from '@fornax/certificates/peer-certificate'
import { invariant } from '@fornax/kernel/assert'
import type { Cancel, Clock } from '@fornax/kernel/clock'
import type { Log } from '@fornax/kernel/log'
import { z } from 'zod'

export type NodeAuthorityOptions = {
  /** Where our own is kept, and made at the first start. */
  readonly file: string
  /** Where everybody may read whom to trust: for agents on this machine. */
  readonly publicFile: string
  /** Brought from outside: PEM files. Further certificates in the first are trusted as well. Null: our own. */
  readonly given: { readonly certificateFile: string; readonly keyFile: string } | null
  readonly clock: Clock
  readonly log: Log
  /** How long a certificate of a node is good for. */
  readonly nodeLifeMs: number
}

/** The authority cannot be used: the message says what to do. */
export class NodeAuthorityError extends Error {
  override readonly name = 'NodeAuthorityError'
}

export type RotateResult =
  | { readonly kind: 'rotated'; readonly pin: string }
  | { readonly kind: 'broughtFromOutside' }
  /** Nodes that know only the authority before the last one would find nobody whom they trust. */
  | { readonly kind: 'underWay'; readonly untilMs: number }

const keyed = z.object({ certificate: z.string(), key: z.string() })
const savedAuthority = z.object({
  current: keyed,
  /** The one before. `voucher` is its word for the current one. */
  previous: z.object({ certificate: z.string(), voucher: z.string(), trustedUntilMs: z.number() }).nullable(),
})
type SavedAuthority = z.infer<typeof savedAuthority>

const DAY_MS = 24 * 60 * 60 * 1_000
/** Of the certificate of the core itself, which lasts longer. */
const CORE_RENEWED_AFTER_MS = 30 * DAY_MS

export class NodeAuthority implements Disposable {
  readonly #options: NodeAuthorityOptions
  #saved: SavedAuthority
  /** All that are trusted, newest first. */
  #trusted: readonly string[]
  #issuer: Issuer
  #core: KeyedCertificate
  #coreMadeAtMs: number
  #cancelLook: Cancel = () => undefined
  #isRotating = false
  #changed: (context: SecureContextOptions) => void = () => undefined

  private constructor(options: NodeAuthorityOptions, parts: Parts) {
    this.#options = options
    this.#saved = parts.saved
    this.#trusted = parts.trusted
    this.#issuer = parts.issuer
    this.#core = parts.core
    this.#coreMadeAtMs = options.clock.nowMs()
    this.#look()
  }

  /** Throws a `NodeAuthorityError` when it can neither be read nor made. */
  static async open(options: NodeAuthorityOptions): Promise<NodeAuthority> {
    const { given, clock, publicFile } = options
    const saved = given === null ? await ownAuthority(options) : null
    const from = given === null ? 'the file of the authority' : 'FORNAX_NODE_CA_FILE and FORNAX_NODE_CA_KEY_FILE'
    try {
      const current = saved?.current ?? readGiven(given)
      const issuer = await Issuer.open(current)
      const others = given === null ? [] : certificatesIn(readFileSync(given.certificateFile, 'utf8')).slice(1)
      const parts = {
        saved: saved ?? { current, previous: null },
        trusted: [current.certificate, ...others],
        issuer,
        core: await issuer.coreCertificate(clock.nowMs()),
      }
      const authority = new NodeAuthority(options, parts)
      writeWhole(publicFile, authority.trusted.join(''), 0o644)
      return authority
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new NodeAuthorityError(`${from} cannot be used: ${why}; bring them in order, or take them away`, { cause })
    }
  }

  /** Certificates as PEM, newest first. */
  get trusted(): readonly string[] {
    const { previous } = this.#saved
    return previous === null ? this.#trusted : [...this.#trusted, previous.certificate]
  }

  /** What a join token says of this authority. */
  get pin(): string {
    return pinOf(this.#saved.current.certificate)
  }

  get nodeLifeMs(): number {
    return this.#options.nodeLifeMs
  }

  /** What the server of the node link shows, and whom it trusts. */
  get context(): SecureContextOptions {
    const { previous } = this.#saved
    return {
      minVersion: 'TLSv1.3',
      key: this.#core.key,
      cert: `${this.#core.certificate}\n${previous?.voucher ?? ''}`,
      ca: [...this.trusted],
    }
  }

  /** Calls back whenever `context` is another one. */
  onChanged(act: (context: SecureContextOptions) => void): void {
    this.#changed = act
  }

  certify(request: string, node: NodeSubject): Promise<Issued> {
    return this.#issuer.nodeCertificate(request, node, this.#times())
  }

  /**
   * A new key and a new certificate; the ones of before count until all nodes have certificates of the new one, and
   * until then there is no other.
   */
  async rotate(): Promise<RotateResult> {
    const { clock, given } = this.#options
    if (given !== null) return { kind: 'broughtFromOutside' }
    const nowMs = clock.nowMs()
    const untilMs = this.#saved.previous?.trustedUntilMs ?? nowMs
    if (this.#isRotating || untilMs > nowMs) return { kind: 'underWay', untilMs }
    this.#isRotating = true
    try {
      return await this.#rotate(nowMs)
    } finally {
      this.#isRotating = false
    }
  }

  async #rotate(nowMs: number): Promise<RotateResult> {
    const { file, publicFile, nodeLifeMs } = this.#options
    const current = await newAuthority(nowMs)
    const voucher = await this.#issuer.vouchFor(current.certificate)
    const before = this.#saved.current.certificate
    const saved = { current, previous: { certificate: before, voucher, trustedUntilMs: nowMs + 2 * nodeLifeMs } }
    const issuer = await Issuer.open(current)
    const core = await issuer.coreCertificate(nowMs)
    save(file, saved)
    this.#saved = saved
    this.#issuer = issuer
    this.#core = core
    this.#coreMadeAtMs = nowMs
    this.#trusted = [current.certificate]
    writeWhole(publicFile, this.trusted.join(''), 0o644)
    this.#changed(this.context)
    return { kind: 'rotated', pin: this.pin }
  }

  [Symbol.dispose](): void {
    this.#cancelLook()
  }

  #times(): { nowMs: number; lifeMs: number } {
    return { nowMs: this.#options.clock.nowMs(), lifeMs: this.#options.nodeLifeMs }
  }

  /** Renews what the core itself shows, and lets go of the authority of before, when it is time. */
  #look(): void {
    const { clock, log, nodeLifeMs } = this.#options
    this.#cancelLook = clock.schedule(Math.min(DAY_MS, nodeLifeMs), () => {
      this.#tidy(clock.nowMs()).catch((cause: unknown) => log.error({ err: cause }, 'certificates were not renewed'))
      this.#look()
    })
  }

  async #tidy(nowMs: number): Promise<void> {
    const { previous } = this.#saved
    const isOver = previous !== null && previous.trustedUntilMs <= nowMs
    const isOld = nowMs - this.#coreMadeAtMs >= CORE_RENEWED_AFTER_MS
    if (!isOver && !isOld) return
    if (isOld) {
      this.#core = await this.#issuer.coreCertificate(nowMs)
      this.#coreMadeAtMs = nowMs
    }
    if (isOver) {
      this.#saved = { ...this.#saved, previous: null }
      save(this.#options.file, this.#saved)
      writeWhole(this.#options.publicFile, this.trusted.join(''), 0o644)
    }
    this.#changed(this.context)
  }
}

type Parts = {
  readonly saved: SavedAuthority
  readonly trusted: readonly string[]
  readonly issuer: Issuer
  readonly core: KeyedCertificate
}

/** What the file holds; made when there is none. */
async function ownAuthority({ file, clock }: NodeAuthorityOptions): Promise<SavedAuthority> {
  try {
    const nowMs = clock.nowMs()
    if (existsSync(file)) {
      const saved = savedAuthority.parse(JSON.parse(readFileSync(file, 'utf8')))
      const isOver = saved.previous !== null && saved.previous.trustedUntilMs <= nowMs
      return isOver ? { ...saved, previous: null } : saved
    }
    const made = { current: await newAuthority(nowMs), previous: null }
    save(file, made)
    return made
  } catch (cause) {
    const remedy = 'put back its backup; without one remove it, and every node joins anew'
    throw new NodeAuthorityError(`the authority of the node link in ${file} cannot be used: ${remedy}`, { cause })
  }
}

function readGiven(given: NodeAuthorityOptions['given']): KeyedCertificate {
  invariant(given !== null, 'without one of our own, one was given')
  const [certificate] = certificatesIn(readFileSync(given.certificateFile, 'utf8'))
  if (certificate === undefined) throw new Error(`there is no certificate in ${given.certificateFile}`)
  return { certificate, key: readFileSync(given.keyFile, 'utf8') }
}

function save(file: string, saved: SavedAuthority): void {
  writeWhole(file, `${JSON.stringify(saved, null, 2)}\n`, 0o600)
}

/** Appears whole or not at all, and is on the disk before anything depends on it. */
function writeWhole(path: string, text: string, mode: number): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const temporary = `${path}.${process.pid}`
  rmSync(temporary, { force: true })
  const descriptor = openSync(temporary, 'wx', mode)
  try {
    writeSync(descriptor, text)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  renameSync(temporary, path)
}
