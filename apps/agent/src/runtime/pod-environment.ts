/** The environment of a pod: what its version says and what the platform tells it, never the agent's own. */
import type { ApplicationVersion } from '@fornax/node-model/application-version'

export type PlatformEnvironment = {
  readonly podId: string
  /** Null: what the image says. */
  readonly path: string | null
  /** The address that the pod listens on. */
  readonly host: string
  /** The numbers that the pod listens on, in the order of the declared ports. */
  readonly ports: readonly number[]
  /** As seen from inside the pod; null without session service. */
  readonly sessionSocket: string | null
}

/** What a pod listens on whose network is its own. */
export const EVERY_ADDRESS = '0.0.0.0'

/** The platform's own names win over those of the version. */
export function podEnvironment(
  version: Pick<ApplicationVersion, 'env' | 'applicationName' | 'ports'>,
  platform: PlatformEnvironment,
): Record<string, string> {
  const env: Record<string, string> = platform.path === null ? {} : { PATH: platform.path }
  Object.assign(env, version.env)
  env['FORNAX_POD_ID'] = platform.podId
  env['FORNAX_APPLICATION'] = version.applicationName
  if (platform.sessionSocket !== null) env['FORNAX_SESSION_SOCKET'] = platform.sessionSocket
  const [first] = platform.ports
  if (first !== undefined) Object.assign(env, { HOST: platform.host, PORT: String(first) })
  for (const [index, port] of version.ports.entries()) {
    const number = platform.ports[index]
    if (number !== undefined) env[portVariable(port.name)] = String(number)
  }
  return env
}

/** `web-socket` is told in `FORNAX_PORT_WEB_SOCKET`. */
export function portVariable(portName: string): string {
  return `FORNAX_PORT_${portName.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`
}
