import { expect, it } from 'vitest'
import { podEnvironment, portVariable } from './pod-environment.ts'

const version = {
  env: { MODE: 'fast', PATH: '/mine', FORNAX_POD_ID: 'forged' },
  applicationName: 'demo',
  ports: [
    { name: 'web-socket', protocol: 'tcp', containerPort: 80 },
    { name: 'udp', protocol: 'udp', containerPort: 81 },
  ],
}

it('tells a pod its ports, its socket and who it is', () => {
  const platform = {
    podId: 'pod-1',
    path: '/bin',
    host: '0.0.0.0',
    ports: [20_000, 20_001],
    sessionSocket: '/run/s.sock',
  }
  expect(podEnvironment(version, platform)).toEqual({
    MODE: 'fast',
    PATH: '/mine',
    HOST: '0.0.0.0',
    PORT: '20000',
    FORNAX_PORT_WEB_SOCKET: '20000',
    FORNAX_PORT_UDP: '20001',
    FORNAX_POD_ID: 'pod-1',
    FORNAX_APPLICATION: 'demo',
    FORNAX_SESSION_SOCKET: '/run/s.sock',
  })
})

it('leaves out what a pod does not have', () => {
  const bare = { env: {}, applicationName: 'demo', ports: [] }
  const platform = { podId: 'pod-1', path: '/bin', host: '0.0.0.0', ports: [], sessionSocket: null }
  expect(podEnvironment(bare, platform)).toEqual({ PATH: '/bin', FORNAX_POD_ID: 'pod-1', FORNAX_APPLICATION: 'demo' })
})

it('makes a variable of any port name', () => {
  expect(portVariable('a.b-c9')).toBe('FORNAX_PORT_A_B_C9')
})
