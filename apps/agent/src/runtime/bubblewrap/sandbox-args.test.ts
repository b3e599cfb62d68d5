import { describe, expect, it } from 'vitest'
import { podSandboxArgs, sandboxCommand, type Sandbox } from './sandbox-args.ts'
import { orderOf } from './test/scratch-orders.ts'

describe('what bubblewrap is told', () => {
  it('hides the folders of the agent after the root is there, and before the session folder is put in', () => {
    const args = podSandboxArgs(sandbox({ hiddenFolders: ['/data'], sessionFolder: '/data/sockets/pod-a' }))
    const at = (...words: readonly string[]): number =>
      args.findIndex((_, from) => words.every((word, step) => args[from + step] === word))
    const order = [
      at('--ro-bind', '/', '/'),
      at('--tmpfs', '/run'),
      at('--tmpfs', '/data'),
      at('--ro-bind', '/data/sockets/pod-a', '/run/fornax'),
      at('--clearenv'),
      at('--setenv', 'FORNAX_SESSION_SOCKET', '/run/fornax/session.sock'),
    ]
    expect(order).toEqual(order.toSorted((one, other) => one - other))
    expect(order).not.toContain(-1)
  })

  it('never ends the pod with whoever started it', () => {
    expect(podSandboxArgs(sandbox({}))).not.toContain('--die-with-parent')
  })

  it('makes the command nobody before it runs, or lends it a user namespace where the agent is not root', () => {
    const privileged = sandbox({ isPrivileged: true })
    expect(sandboxCommand(privileged).slice(0, 3)).toEqual(['/usr/bin/setpriv', '--reuid=65534', '--regid=65534'])
    expect(podSandboxArgs(privileged)).not.toContain('--unshare-user')
    const ordinary = sandbox({ isPrivileged: false })
    expect(sandboxCommand(ordinary)[0]).toBe('/bin/sh')
    expect(podSandboxArgs(ordinary)).toContain('--unshare-user')
    expect(podSandboxArgs(ordinary)).not.toContain('--cap-add')
  })

  it('tells the pod its ports, and nothing of the node but the path', () => {
    const args = podSandboxArgs(sandbox({ ports: [8_080] }))
    const variables = args.flatMap((word, index) =>
      word === '--setenv' ? [`${args[index + 1]}=${args[index + 2]}`] : [],
    )
    expect(variables).toEqual(
      'HOME=/tmp PATH=/bin MODE=fast FORNAX_POD_ID=pod-a FORNAX_APPLICATION=demo HOST=0.0.0.0 PORT=8080 FORNAX_PORT_WEB=8080'.split(
        ' ',
      ),
    )
  })
})

function sandbox(overrides: Partial<Sandbox>): Sandbox {
  const ports = [{ name: 'web', protocol: 'http', containerPort: 8_080 }]
  return {
    podId: 'pod-a',
    version: orderOf('pod-a', '', { env: { MODE: 'fast' }, ports }).version,
    sessionFolder: null,
    ports: [],
    host: '0.0.0.0',
    path: '/bin',
    hiddenFolders: [],
    files: [],
    user: { uid: 65_534, gid: 65_534 },
    isPrivileged: true,
    ...overrides,
  }
}
