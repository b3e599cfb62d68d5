/** Whether pods can be sandboxed on this machine by this user, found out by making a sandbox. */
import { VERSION_DEFAULTS } from '@fornax/node-model/application-version'
import { runTool } from '../network/run-tool.ts'
import { podSandboxArgs, sandboxCommand, type Sandbox } from './sandbox-args.ts'

export type BubblewrapProbe =
  | { readonly kind: 'usable' }
  /** `reason` is for people: what bubblewrap said. */
  | { readonly kind: 'unusable'; readonly reason: string }

/** Takes some ten milliseconds. */
export async function probeBubblewrap(path: string): Promise<BubblewrapProbe> {
  const sandbox: Sandbox = { ...PROBE, path, isPrivileged: process.geteuid?.() === 0 }
  try {
    await runTool('bwrap', [...podSandboxArgs(sandbox), '--', ...sandboxCommand(sandbox)])
    return { kind: 'usable' }
  } catch (error) {
    return { kind: 'unusable', reason: error instanceof Error ? error.message : String(error) }
  }
}

/** Whether the runtime `bubblewrap` works here. */
export async function isBubblewrapUsable(path: string): Promise<boolean> {
  return (await probeBubblewrap(path)).kind === 'usable'
}

const PROBE: Omit<Sandbox, 'path' | 'isPrivileged'> = {
  podId: 'probe',
  host: '127.0.0.1',
  version: {
    versionId: 'probe',
    applicationName: 'probe',
    versionNumber: 1,
    image: 'host',
    command: ['true'],
    args: [],
    env: {},
    ports: [],
    cpuMillis: 0,
    memoryBytes: 0,
    runtimeClass: '',
    minIsolation: 'none',
    sessionsPerPod: 1,
    readiness: { probe: { kind: 'none' }, initialDelayMs: 0, periodMs: 0, timeoutMs: 0 },
    usesSessionService: false,
    workingDirectory: '',
    ...VERSION_DEFAULTS,
  },
  sessionFolder: null,
  ports: [],
  hiddenFolders: [],
  files: [],
  user: { uid: 65_534, gid: 65_534 },
}
