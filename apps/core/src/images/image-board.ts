/**
 * What nodes said of images: the newest word of each node on each version that is of interest. Kept in memory alone;
 * nodes say it again when they connect.
 */
import type { ImageReport, NodeImage } from './node-image.ts'

export class ImageBoard {
  readonly #byVersion = new Map<string, Map<string, NodeImage>>()

  /** By the name of the node. */
  of(versionId: string): readonly NodeImage[] {
    const images = this.#byVersion.get(versionId)?.values() ?? []
    return [...images].toSorted((a, b) => (a.nodeName < b.nodeName ? -1 : 1))
  }

  /** A node was asked for, or tells of, an image. */
  note(nodeName: string, report: ImageReport, atMs: number): void {
    const images = this.#byVersion.get(report.versionId) ?? new Map<string, NodeImage>()
    const before = images.get(nodeName)
    const sinceMs = before?.phase === report.phase ? before.sinceMs : atMs
    images.set(nodeName, { ...report, nodeName, sinceMs })
    this.#byVersion.set(report.versionId, images)
  }

  /** What a node said holds no longer. */
  forgetNode(nodeName: string): void {
    for (const images of this.#byVersion.values()) images.delete(nodeName)
  }

  /** Keeps what is of interest, so that this grows with the applications and not with their versions. */
  keepOnly(versionIds: ReadonlySet<string>): void {
    for (const versionId of this.#byVersion.keys()) if (!versionIds.has(versionId)) this.#byVersion.delete(versionId)
  }
}
