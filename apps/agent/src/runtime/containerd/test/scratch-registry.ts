/** For tests: a registry of one image on a port of this machine, which may ask who pulls. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { buildImage, type TestImage } from './oci-archive.ts'

export type ScratchRegistry = AsyncDisposable & {
  /** The name by which the image is pulled. */
  readonly imageName: string
  readonly host: string
  /** How often its layer was fetched. */
  layersFetched(): number
  /** How often somebody asked what the image is. */
  timesAsked(): number
}

/** `password`: only the user `puller` with it may pull. */
export async function startRegistry(image: TestImage, password: string | null = null): Promise<ScratchRegistry> {
  const { layer, config, manifest } = buildImage(image)
  let layersFetched = 0
  let timesAsked = 0
  const bodies = new Map([
    ['manifests/1', manifest],
    [`manifests/${manifest.digest}`, manifest],
    [`blobs/${config.digest}`, config],
    [`blobs/${layer.digest}`, layer],
  ])
  const wanted = password === null ? null : `Basic ${Buffer.from(`puller:${password}`).toString('base64')}`
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    if (wanted !== null && request.headers.authorization !== wanted) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end()
      return
    }
    const found = bodies.get((request.url ?? '').replace('/v2/shop/', ''))
    if (found === undefined) return void response.writeHead(request.url === '/v2/' ? 200 : 404).end()
    if (found === manifest) timesAsked += 1
    if (found === layer && request.method === 'GET') layersFetched += 1
    response.writeHead(200, {
      'content-type': found === manifest ? 'application/vnd.oci.image.manifest.v1+json' : 'application/octet-stream',
      'content-length': found.bytes.length,
      'docker-content-digest': found.digest,
    })
    response.end(request.method === 'HEAD' ? undefined : found.bytes)
  }
  const server: Server = createServer(answer)
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
  const host = `127.0.0.1:${port}`
  return {
    host,
    imageName: `${host}/shop:1`,
    layersFetched: () => layersFetched,
    timesAsked: () => timesAsked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
