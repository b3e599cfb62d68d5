/** What bubblewrap is told about a pod, as plain data. */
import type { ApplicationVersion } from '@fornax/node-model/application-version'
import type { FileMount } from '../pod-files.ts'
import { podEnvironment } from '../pod-environment.ts'
import { SESSION_SOCKET } from '../runtime.ts'
import { checkoutArgs } from './checkout-view.ts'
import { folderArgs } from './folder-args.ts'
import { boundsScript } from './process-bounds.ts'

/** A sandbox that is started before there is a pod for it. */
export type EmptySandbox = {
  /** Of the pod, or of the sandbox that was there before it. */
  readonly hostname: string
  /** On the node; null without session service. */
  readonly sessionFolder: string | null
  /** How much each folder holds that the pod may write to; 0: no less than its memory. */
  readonly ephemeralBytes: number
  /** Folders of the node that no pod may see. */
  readonly hiddenFolders: readonly string[]
  readonly user: PodUser
  /** Whether the agent is root; otherwise the kernel lends it a user namespace. */
  readonly isPrivileged: boolean
}

export type Sandbox = Omit<EmptySandbox, 'hostname' | 'ephemeralBytes'> & {
  readonly podId: string
  readonly version: ApplicationVersion
  /** Files that the pod finds, read-only. */
  readonly files: readonly FileMount[]
  /** The address that the pod listens on. */
  readonly host: string
  /** The numbers that the pod listens on. */
  readonly ports: readonly number[]
  readonly path: string
}

/** Who the pod's command is, as seen from inside. */
export type PodUser = { readonly uid: number; readonly gid: number }

/** Where the pod finds the folder of its session socket. */
export const SESSION_FOLDER_INSIDE = '/run/fornax'

/** Where a pod may write; what it writes counts for its memory. */
const MEMORY_FOLDERS = ['/tmp', '/var/tmp', '/dev/shm']

/** Why a file cannot be put at its path; null when it can. The node's own file system is not ours to change. */
export function placeProblem(paths: readonly string[], nodeHas: (path: string) => boolean): string | null {
  const stray = paths.find((path) => !FILE_PLACES.some((folder) => path.startsWith(`${folder}/`)) && !nodeHas(path))
  if (stray === undefined) return null
  return `${stray}: the bubblewrap runtime puts files below /run, /tmp and /var/tmp, or in the place of the node's own`
}

/** The folders that the pod's own memory has room for files in. */
const FILE_PLACES = ['/run', '/tmp', '/var/tmp']

/** The options, without the command. */
export function sandboxArgs(sandbox: EmptySandbox): readonly string[] {
  const { hostname, ephemeralBytes, user } = sandbox
  const size = ephemeralBytes === 0 ? [] : ['--size', String(ephemeralBytes)]
  return [
    ...words('--unshare-pid --unshare-ipc --unshare-uts --unshare-cgroup-try --new-session'),
    ...words(`--hostname ${hostname}`),
    ...words(sandbox.isPrivileged ? KEPT_UNTIL_THE_USER_CHANGES : `--unshare-user --uid ${user.uid} --gid ${user.gid}`),
    ...words('--ro-bind / / --dev /dev --proc /proc'),
    // Sockets of the node's own services live in /run. A read-only mount would not keep anybody from talking to them.
    '--tmpfs',
    '/run',
    ...MEMORY_FOLDERS.flatMap((folder) => [...size, '--perms', '1777', '--tmpfs', folder]),
    ...checkoutArgs(MEMORY_FOLDERS),
    ...sandbox.hiddenFolders.flatMap((folder) => ['--tmpfs', folder]),
    ...sessionArgs(sandbox.sessionFolder),
    '--clearenv',
  ]
}

/** The options of a sandbox that is made for its pod. */
export function podSandboxArgs(sandbox: Sandbox): readonly string[] {
  const { podId, version } = sandbox
  const paths = sandbox.files.map(({ path }) => path)
  return [
    ...sandboxArgs({ ...sandbox, hostname: podId, ephemeralBytes: version.ephemeralBytes }),
    ...FILE_PLACES.flatMap((place) => folderArgs(place, paths)),
    ...sandbox.files.flatMap(({ hostPath, path }) => ['--ro-bind', hostPath, path]),
    '--chdir',
    workingDirectoryOf(version),
    ...Object.entries(environmentOf(sandbox)).flatMap(([name, value]) => ['--setenv', name, value]),
  ]
}

/** The command with everything that has to happen between the sandbox and it. */
export function sandboxCommand({ version, user, isPrivileged }: Sandbox): readonly string[] {
  const become = isPrivileged ? becomeUser(user) : []
  return [...become, '/bin/sh', '-c', `${boundsScript(version)}${ANNOUNCE_AND_RUN}`, 'sh', ...commandOf(version)]
}

/** What waits in an empty sandbox: a shell that does what it reads, and becomes the pod's user last of all. */
export const BOX_COMMAND: readonly string[] = ['/bin/sh', '-c', 'printf . >&3; exec /bin/sh', 'sh']

/** Whether the command can be handed to the shell of an empty sandbox. */
export function canRunInBox({ command }: ApplicationVersion): boolean {
  return command.length > 0 && !command[0]?.includes('=') // `env` would take it for a variable.
}

/** What that shell reads: it becomes the pod's command, with its environment and nothing of the shell's own. */
export function commandScript(sandbox: Sandbox): string {
  const { version, user, isPrivileged } = sandbox
  const folder = workingDirectoryOf(version)
  const environment = { ...environmentOf(sandbox), PWD: folder }
  const variables = Object.entries(environment).map(([name, value]) => quoted(`${name}=${value}`))
  const command = commandOf(version).map(quoted)
  const become = isPrivileged ? becomeUser(user) : []
  const run = ['exec', ...become, '/usr/bin/env -i', ...variables, ...command, '</dev/null', '3>&-'].join(' ')
  return `cd ${quoted(folder)} || exit 126\n${boundsScript(version)}printf . >&3\n${run}\n`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}

function commandOf({ command, args }: ApplicationVersion): readonly string[] {
  return [...command, ...args]
}

function workingDirectoryOf({ workingDirectory }: ApplicationVersion): string {
  return workingDirectory === '' ? '/' : workingDirectory
}

/** setpriv needs these to become the pod's user, and takes them away for good with that. */
const KEPT_UNTIL_THE_USER_CHANGES = '--cap-drop ALL --cap-add CAP_SETUID --cap-add CAP_SETGID --cap-add CAP_SETPCAP'

/**
 * Tells the shim's third file descriptor that the command runs now; the shell says 126 or 127 if it cannot. Whole
 * paths here and below, because the pod's own PATH may lead anywhere.
 */
const ANNOUNCE_AND_RUN = 'printf . >&3; exec "$@" 3>&-'

function becomeUser({ uid, gid }: PodUser): readonly string[] {
  const drop = ['--clear-groups', '--inh-caps=-all', '--bounding-set=-all', '--no-new-privs']
  return ['/usr/bin/setpriv', `--reuid=${uid}`, `--regid=${gid}`, ...drop, '--']
}

/** Read-only is enough to talk to a socket, and lets the pod put nothing beside it. */
function sessionArgs(sessionFolder: string | null): readonly string[] {
  return sessionFolder === null ? [] : ['--ro-bind', sessionFolder, SESSION_FOLDER_INSIDE]
}

function environmentOf(sandbox: Sandbox): Record<string, string> {
  const { version, podId, path, host, ports, sessionFolder } = sandbox
  const sessionSocket = sessionFolder === null ? null : `${SESSION_FOLDER_INSIDE}/${SESSION_SOCKET}`
  // The home in the node's own list of users is none that the pod could write to.
  return { HOME: '/tmp', ...podEnvironment(version, { podId, path, host, ports, sessionSocket }) }
}

function words(text: string): readonly string[] {
  return text.split(' ')
}
