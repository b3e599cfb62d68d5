/**
 * Has the images of newest versions brought to nodes before a pod needs them: to every fitting node when a version is
 * published, and to a node that joins.
 */
import type { Application, Isolation } from '../applications/application.ts'
import type { RegistryCredentials } from '../secrets/registry-credentials.ts'
import { ImageBoard } from './image-board.ts'
import type { ImageReport, NodeImage } from './node-image.ts'

export type PreloadOrder = {
  readonly versionId: string
  readonly image: string
  readonly isAlways: boolean
  readonly credentials: readonly RegistryCredentials[]
}

export type PreloaderPorts = {
  readonly nowMs: () => number
  /** Every application that is not deleted. */
  readonly applications: () => Iterable<Application>
  /** Connected nodes, with the runtimes that they offer. */
  readonly nodes: () => Iterable<{ readonly name: string; readonly runtimes: readonly Offer[] }>
  readonly ask: (nodeName: string, order: PreloadOrder) => void
  readonly credentialsFor: (application: Application) => Credentials
}

type Offer = { readonly name: string; readonly isolation: Isolation }

type Credentials =
  | { readonly kind: 'value'; readonly value: readonly RegistryCredentials[] }
  | { readonly kind: 'problem'; readonly problem: string }

/** The image that is the node's own file system. */
const HOST_IMAGE = 'host'
/** Only these run images; the others run what their node has. */
const RUNS_IMAGES: readonly Isolation[] = ['container', 'sandbox']

export class ImagePreloader {
  readonly #ports: PreloaderPorts
  readonly #board = new ImageBoard()

  constructor(ports: PreloaderPorts) {
    this.#ports = ports
  }

  imagesOf(versionId: string): readonly NodeImage[] {
    return this.#board.of(versionId)
  }

  /** An application has another newest version. */
  published(application: Application): void {
    const newest = new Set(this.#candidates().map(({ version }) => version.id))
    this.#board.keepOnly(newest.add(application.version.id))
    for (const { name, runtimes } of this.#ports.nodes()) this.#ask(application, name, runtimes)
  }

  /** A node is connected; what it said on an earlier connection is of no interest. */
  joined(nodeName: string, runtimes: readonly Offer[]): void {
    this.#board.forgetNode(nodeName)
    for (const application of this.#candidates()) this.#ask(application, nodeName, runtimes)
  }

  left(nodeName: string): void {
    this.#board.forgetNode(nodeName)
  }

  heard(nodeName: string, report: ImageReport): void {
    this.#board.note(nodeName, report, this.#ports.nowMs())
  }

  #candidates(): Application[] {
    return [...this.#ports.applications()].filter(({ version }) => version.spec.image !== HOST_IMAGE)
  }

  #ask(application: Application, nodeName: string, runtimes: readonly Offer[]): void {
    const { version } = application
    const { image, runtimeClass, toleratesSimulated, provision } = version.spec
    const isFitting = runtimes.some(
      ({ name, isolation }) => RUNS_IMAGES.includes(isolation) && (runtimeClass === null || runtimeClass === name),
    )
    if (!isFitting || image === HOST_IMAGE || toleratesSimulated || provision?.imagePullPolicy === 'never') return
    const found = this.#ports.credentialsFor(application)
    const isProblem = found.kind === 'problem'
    const phase = isProblem ? 'failed' : 'pulling'
    const message = isProblem ? found.problem : ''
    this.heard(nodeName, { versionId: version.id, phase, message, pulledBytes: 0 })
    if (isProblem) return
    const isAlways = provision?.imagePullPolicy === 'always'
    this.#ports.ask(nodeName, { versionId: version.id, image, isAlways, credentials: found.value })
  }
}
