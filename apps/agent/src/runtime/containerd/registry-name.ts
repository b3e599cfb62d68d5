/** Which registry an image comes from, by the rules that Docker made. */
import type { RegistryCredentials } from '@fornax/node-model/pod-secrets'

const DEFAULT_REGISTRY = 'docker.io'
/** Other names of it, as credentials have them. */
const DEFAULT_NAMES = ['index.docker.io', 'registry-1.docker.io', 'registry.hub.docker.com']

/** The host, with its port: of `shop:1` and `team/shop` it is `docker.io`. */
export function registryOf(image: string): string {
  const [first = '', ...rest] = image.split('/')
  const isHost = rest.length > 0 && (first.includes('.') || first.includes(':') || first === 'localhost')
  return isHost ? first : DEFAULT_REGISTRY
}

/**
 * The name as containerd keeps it, with everything that may be left out: `shop` is `docker.io/library/shop:latest`. A
 * tag beside a digest says nothing.
 */
export function fullNameOf(image: string): string {
  const registry = registryOf(image)
  const path = image.startsWith(`${registry}/`) ? image.slice(registry.length + 1) : image
  const [tagged = '', digest] = path.split('@')
  const colonAt = tagged.lastIndexOf(':')
  const bare = colonAt === -1 ? tagged : tagged.slice(0, colonAt)
  const host = canonical(registry)
  const repository = `${host}/${host === DEFAULT_REGISTRY && !bare.includes('/') ? 'library/' : ''}${bare}`
  if (digest !== undefined) return `${repository}@${digest}`
  return `${repository}:${colonAt === -1 ? 'latest' : tagged.slice(colonAt + 1)}`
}

/** The credentials that are for the registry of an image; null: none. */
export function credentialsFor(image: string, credentials: readonly RegistryCredentials[]): RegistryCredentials | null {
  const registry = registryOf(image)
  return credentials.find((one) => canonical(one.registry) === registry) ?? null
}

function canonical(registry: string): string {
  return DEFAULT_NAMES.includes(registry) ? DEFAULT_REGISTRY : registry
}
