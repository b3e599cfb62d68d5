import { describe, expect, it } from 'vitest'
import { orderOf } from '../bubblewrap/test/scratch-orders.ts'
import { containerConfig, sandboxConfig, type ContainerPlan } from './container-config.ts'

describe('what containerd is told of a pod', () => {
  it('says in every part whose it is', () => {
    const labels = { 'fornax/agent': 'abcdef', 'fornax/pod': 'pod-1', 'fornax/runtime': 'containerd' }
    expect(sandboxConfig(plan()).labels).toEqual(labels)
    expect(containerConfig(plan(), 'sha256:1').labels).toEqual(labels)
    expect(sandboxConfig(plan()).metadata).toEqual({
      name: 'pod-1',
      uid: 'pod-1',
      namespace: 'fornax-abcdef',
      attempt: 0,
    })
  })

  it('keeps command and arguments apart, and leaves to the image what is not said', () => {
    const said = containerConfig(plan({ command: ['/bin/game'], args: ['--fast', ''] }), 'sha256:1')
    expect([said.command, said.args, said.workingDir]).toEqual([['/bin/game'], ['--fast', ''], ''])
    const unsaid = containerConfig(plan({ command: [], args: [], workingDirectory: '/srv' }), 'sha256:1')
    expect([unsaid.command, unsaid.args, unsaid.workingDir]).toEqual([[], [], '/srv'])
  })

  it('tells the pod its ports and its session socket, and never the path of the node', () => {
    const ports = [{ name: 'web', protocol: 'http', containerPort: 8080 }]
    const { envs } = containerConfig({ ...plan({ ports, env: { MODE: 'x' } }), sessionFolder: '/agent/s' }, 'sha256:1')
    expect(Object.fromEntries(envs.map(({ key, value }) => [key, value]))).toEqual({
      MODE: 'x',
      FORNAX_POD_ID: 'pod-1',
      FORNAX_APPLICATION: 'demo',
      FORNAX_SESSION_SOCKET: '/run/fornax/session.sock',
      HOST: '0.0.0.0',
      PORT: '8080',
      FORNAX_PORT_WEB: '8080',
    })
  })

  it('mounts what the pod may write to, and its session folder read-only', () => {
    const { mounts } = containerConfig({ ...plan(), sessionFolder: '/agent/s' }, 'sha256:1')
    expect(mounts).toEqual([
      { containerPath: '/tmp', hostPath: '/pods/pod-1/scratch/tmp', readonly: false },
      { containerPath: '/var/tmp', hostPath: '/pods/pod-1/scratch/var-tmp', readonly: false },
      { containerPath: '/run', hostPath: '/pods/pod-1/scratch/run', readonly: false },
      { containerPath: '/run/fornax', hostPath: '/agent/s', readonly: true },
    ])
  })

  it('gives nothing that a pod could harm its node with', () => {
    const security = containerConfig(plan(), 'sha256:1').linux?.securityContext
    expect(security).toMatchObject({
      capabilities: { addCapabilities: [], dropCapabilities: ['ALL'] },
      readonlyRootfs: true,
      noNewPrivs: true,
      seccomp: { profileType: 0 },
    })
  })

  it('limits memory in both versions of control groups so that a pod can sleep in swap and not hide there', () => {
    const limits = { memoryBytes: 1_000_000, cpuMillis: 500 }
    const resources = (version: 1 | 2, cgroupParent: string | null) =>
      containerConfig({ ...plan(limits), cgroupVersion: version, cgroupParent }, 'sha256:1').linux?.resources
    expect(resources(1, '/fornax-abcdef/pod-1')).toEqual({
      cpuShares: 512,
      cpuPeriod: 0,
      cpuQuota: 0,
      memoryLimitInBytes: 1_000_000,
      memorySwapLimitInBytes: 1_000_000,
      unified: {},
    })
    expect(resources(2, null)).toEqual({
      cpuShares: 512,
      cpuPeriod: 100_000,
      cpuQuota: 50_000,
      memoryLimitInBytes: 1_000_000,
      memorySwapLimitInBytes: 2_000_000,
      unified: { 'memory.oom.group': '1', 'pids.max': '100' },
    })
  })
})

function plan(change: Partial<ContainerPlan['version']> = {}): ContainerPlan {
  return {
    podId: 'pod-1',
    sandboxName: 'pod-1',
    version: orderOf('pod-1', '', { image: 'shop:1', ...change }).version,
    tag: 'abcdef',
    runtimeName: 'containerd',
    folder: '/pods/pod-1',
    scratchFolder: '/pods/pod-1/scratch',
    sessionFolder: null,
    cgroupParent: '/fornax-abcdef/pod-1',
    cgroupVersion: 1,
    hasIpv6: true,
    pids: 100,
    files: [],
  }
}
