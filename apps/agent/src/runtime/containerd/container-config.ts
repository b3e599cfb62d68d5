/** What containerd is told about a pod, as plain data. */
import {
  NamespaceMode,
  SecurityProfile_ProfileType,
  type ContainerConfig,
  type LinuxContainerResources,
  type Mount,
  type PodSandboxConfig,
} from '@fornax/proto/cri/v1/runtime'
import type { ApplicationVersion } from '@fornax/node-model/application-version'
import { CONTAINER_LOG } from '../../logs/log-source.ts'
import { CPU_PERIOD_US, cpuQuotaUs, cpuShares } from '../cgroups.ts'
import type { FileMount } from '../pod-files.ts'
import { EVERY_ADDRESS, podEnvironment } from '../pod-environment.ts'
import { SESSION_SOCKET } from '../runtime.ts'

/** A sandbox as this node makes it. */
export type BoxPlan = {
  /** What it, its host and its control groups are called: like its pod, unless it was made before there was one. */
  readonly sandboxName: string
  /** Null: it is made in advance. */
  readonly podId: string | null
  /** Of the agent. */
  readonly tag: string
  readonly runtimeName: string
  /** Where the logs of its containers lie on the node: the pod's folder. */
  readonly folder: string
  /** The group that those of the pod are made in; null: containerd's own choice. */
  readonly cgroupParent: string | null
  /** Of the node's control groups. */
  readonly cgroupVersion: 1 | 2
  readonly hasIpv6: boolean
  readonly pids: number
  /** Files that the pod finds, read-only. */
  readonly files: readonly FileMount[]
}

/** A pod as this node makes it. */
export type ContainerPlan = BoxPlan & {
  readonly podId: string
  readonly version: ApplicationVersion
  /** Where the folders lie that the pod may write to. */
  readonly scratchFolder: string
  /** On the node; null without session service. */
  readonly sessionFolder: string | null
}

/** A sandbox that was made in advance, by its name. */
export const STOCK_LABEL = 'fornax/stock'
export const AGENT_LABEL = 'fornax/agent'
export const POD_LABEL = 'fornax/pod'
export const RUNTIME_LABEL = 'fornax/runtime'

/** Where the pod finds the folder of its session socket. */
const SESSION_FOLDER_INSIDE = '/run/fornax'

/** Where a pod may write, by the name of the folder that it writes to. All of it is memory, and counts as the pod's. */
export const SCRATCH_FOLDERS = { tmp: '/tmp', 'var-tmp': '/var/tmp', run: '/run' } as const

/** What no container needs to see of its node, or to change: the lists of Kubernetes. */
const MASKED_PATHS = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
]
const READ_ONLY_PATHS = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger']

/** A network and an IPC namespace for all of the pod, and a PID namespace for its command: with it, everything ends. */
const NAMESPACES = { network: NamespaceMode.POD, pid: NamespaceMode.CONTAINER, ipc: NamespaceMode.POD }

const SECCOMP_DEFAULT = { profileType: SecurityProfile_ProfileType.RuntimeDefault }

/** Which things of a containerd are an agent's; nothing else of it is ever touched. */
function labelsOf(plan: ContainerPlan): Record<string, string> {
  return { ...ownLabels(plan), [POD_LABEL]: plan.podId }
}

/** What tells a sandbox from all others. */
export function ownLabels({ tag, podId, runtimeName, sandboxName }: BoxPlan): Record<string, string> {
  const name: Record<string, string> = podId === sandboxName ? { [POD_LABEL]: podId } : { [STOCK_LABEL]: sandboxName }
  return { [AGENT_LABEL]: tag, [RUNTIME_LABEL]: runtimeName, ...name }
}

/** What the pod's containers have in common. */
export function sandboxConfig(plan: BoxPlan): PodSandboxConfig {
  const { sandboxName, tag, folder, cgroupParent } = plan
  return {
    metadata: { name: sandboxName, uid: sandboxName, namespace: `fornax-${tag}`, attempt: 0 },
    hostname: sandboxName,
    logDirectory: folder,
    labels: ownLabels(plan),
    linux: {
      cgroupParent: cgroupParent ?? '',
      securityContext: { namespaceOptions: NAMESPACES, readonlyRootfs: true, seccomp: SECCOMP_DEFAULT },
      sysctls: {
        // Without any capability nobody could listen on port 80 otherwise, not even root.
        'net.ipv4.ip_unprivileged_port_start': '0',
        // The rules that keep pods apart know IPv4 addresses.
        ...(plan.hasIpv6 ? { 'net.ipv6.conf.all.disable_ipv6': '1' } : {}),
      },
    },
  }
}

/** The container that runs the application. `image` is what the image service calls it. */
export function containerConfig(plan: ContainerPlan, image: string): ContainerConfig {
  const { version } = plan
  return {
    metadata: { name: 'application', attempt: 0 },
    image: { image },
    command: [...version.command],
    args: [...version.args],
    workingDir: version.workingDirectory,
    envs: Object.entries(environmentOf(plan)).map(([key, value]) => ({ key, value })),
    mounts: mountsOf(plan),
    labels: labelsOf(plan),
    logPath: CONTAINER_LOG,
    linux: {
      resources: resourcesOf(plan),
      securityContext: {
        capabilities: { addCapabilities: [...version.capabilities], dropCapabilities: ['ALL'] },
        namespaceOptions: NAMESPACES,
        // The group stands in it as well: it is handed on as it is.
        runAsUsername: version.user,
        readonlyRootfs: !version.hasWritableRoot,
        noNewPrivs: true,
        maskedPaths: MASKED_PATHS,
        readonlyPaths: READ_ONLY_PATHS,
        seccomp: SECCOMP_DEFAULT,
      },
    },
  }
}

/** PATH and HOME are those of the image. */
function environmentOf({ podId, version, sessionFolder }: ContainerPlan): Record<string, string> {
  const ports = version.ports.map(({ containerPort }) => containerPort)
  const sessionSocket = sessionFolder === null ? null : `${SESSION_FOLDER_INSIDE}/${SESSION_SOCKET}`
  return podEnvironment(version, { podId, path: null, host: EVERY_ADDRESS, ports, sessionSocket })
}

function mountsOf({ scratchFolder, sessionFolder, files }: ContainerPlan): Mount[] {
  const scratch = Object.entries(SCRATCH_FOLDERS).map(([name, containerPath]) => ({
    containerPath,
    hostPath: `${scratchFolder}/${name}`,
    readonly: false,
  }))
  const given = files.map(({ hostPath, path }) => ({ containerPath: path, hostPath, readonly: true }))
  if (sessionFolder === null) return [...scratch, ...given]
  // Read-only is enough to talk to a socket, and lets the pod put nothing beside it.
  return [...scratch, ...given, { containerPath: SESSION_FOLDER_INSIDE, hostPath: sessionFolder, readonly: true }]
}

function resourcesOf({ version, cgroupParent, cgroupVersion, pids }: ContainerPlan): LinuxContainerResources {
  const { cpuMillis, memoryBytes } = version
  const common = {
    cpuShares: cpuShares(cpuMillis),
    // The group above it is told later, once the pod has started.
    cpuPeriod: cgroupParent === null ? CPU_PERIOD_US : 0,
    cpuQuota: cgroupParent === null ? cpuQuotaUs(cpuMillis) : 0,
    memoryLimitInBytes: memoryBytes,
  }
  // Version 1 counts swap with memory, so the pod may be swapped out within its limit. Version 2 counts it apart.
  if (cgroupVersion === 1) return { ...common, memorySwapLimitInBytes: memoryBytes, unified: {} }
  const unified = { 'memory.oom.group': '1', 'pids.max': String(pids) }
  return { ...common, memorySwapLimitInBytes: 2 * memoryBytes, unified }
}
