/** For tests: images made of programs of this machine, as archives that containerd imports. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, realpathSync } from 'node:fs'

export type TestImage = {
  readonly name: string
  /** Programs of this machine, by where they are in the image; their libraries come along. */
  readonly programs: Readonly<Record<string, string>>
  readonly files?: Readonly<Record<string, string>>
  readonly config?: Readonly<Record<string, unknown>>
}

type Blob = { readonly digest: string; readonly bytes: Buffer }

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const CONFIG = 'application/vnd.oci.image.config.v1+json'
const LAYER = 'application/vnd.oci.image.layer.v1.tar'

/** One layer, its configuration and its manifest, as `describe` and `archive` put them together. */
export type BuiltImage = { readonly layer: Blob; readonly config: Blob; readonly manifest: Blob }

export function buildImage({ programs, files = {}, config = {} }: TestImage): BuiltImage {
  const layer = blobOf(layerOf(programs, files))
  const configBlob = blobOf(
    jsonOf({
      architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
      os: 'linux',
      config: { Env: ['PATH=/bin'], ...config },
      rootfs: { type: 'layers', diff_ids: [layer.digest] },
    }),
  )
  const manifest = blobOf(
    jsonOf({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: { mediaType: CONFIG, digest: configBlob.digest, size: configBlob.bytes.length },
      layers: [{ mediaType: LAYER, digest: layer.digest, size: layer.bytes.length }],
    }),
  )
  return { layer, config: configBlob, manifest }
}

/** The pieces of an OCI archive, to be written one after the other. */
export function* archive(image: TestImage): Generator<Buffer> {
  const { layer, config, manifest } = buildImage(image)
  const annotations = { 'io.containerd.image.name': image.name }
  const entry = { mediaType: MANIFEST, digest: manifest.digest, size: manifest.bytes.length, annotations }
  yield* tarEntry('oci-layout', jsonOf({ imageLayoutVersion: '1.0.0' }))
  yield* tarEntry('index.json', jsonOf({ schemaVersion: 2, manifests: [entry] }))
  for (const { digest, bytes } of [layer, config, manifest]) yield* tarEntry(digest.replace(':', '/'), bytes, 'blobs/')
  yield TAR_END
}

function layerOf(programs: Readonly<Record<string, string>>, files: Readonly<Record<string, string>>): Buffer {
  const found = new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)] as const))
  for (const [path, program] of Object.entries(programs)) {
    for (const library of librariesOf(program)) found.set(library, readFileSync(realpathSync(library)))
    found.set(path, readFileSync(realpathSync(program)))
  }
  return Buffer.concat([...[...found].flatMap(([path, bytes]) => [...tarEntry(path.slice(1), bytes)]), TAR_END])
}

/** None for a program that needs none. */
function librariesOf(program: string): readonly string[] {
  try {
    const told = execFileSync('ldd', [program], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    return told.split(/\s+/).filter((word) => word.startsWith('/'))
  } catch {
    return [] // It is no dynamic program.
  }
}

const BLOCK = 512
const TAR_END = Buffer.alloc(2 * BLOCK)

/** A header as POSIX has it, the bytes, and what fills the last block. Long paths are split in two. */
function* tarEntry(path: string, bytes: Buffer, prefix = ''): Generator<Buffer> {
  const header = Buffer.alloc(BLOCK)
  const full = `${prefix}${path}`
  const cut = full.length <= 100 ? -1 : full.indexOf('/', full.length - 101)
  header.write(cut === -1 ? full : full.slice(cut + 1), 0)
  header.write('0000755', 100)
  header.write('0000000', 108)
  header.write('0000000', 116)
  header.write(`${bytes.length.toString(8).padStart(11, '0')}\0${'0'.repeat(11)}\0`, 124)
  header.write('        0', 148)
  header.write('ustar', 257)
  header.write('00', 263)
  header.write(cut === -1 ? '' : full.slice(0, cut), 345)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  yield header
  yield bytes
  yield Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)
}

function blobOf(bytes: Buffer): Blob {
  return { digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`, bytes }
}

function jsonOf(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value))
}
