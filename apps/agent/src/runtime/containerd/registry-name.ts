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

/** The credentials that are for the registry of an image; null: none. */
export function credentialsFor(image: string, credentials: readonly RegistryCredentials[]): RegistryCredentials | null {
  const registry = registryOf(image)
  return credentials.find((one) => canonical(one.registry) === registry) ?? null
}

function canonical(registry: string): string {
  return DEFAULT_NAMES.includes(registry) ? DEFAULT_REGISTRY : registry
}
