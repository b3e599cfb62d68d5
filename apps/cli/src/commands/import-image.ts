/**
 * `fornax image import`: loads an OCI archive on the node that the command runs on. It goes straight to the node's
 * containerd, with containerd's own tool, and not through the core: an image is hundreds of megabytes, a node's stream to
 * the core carries commands that sessions wait for, and whoever may load images must be root on the node anyway.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { CliError } from '../cli-error.ts'
import type { Terminal } from '../terminal.ts'

const DEFAULT_SOCKET = '/run/containerd/containerd.sock'

export type ImportFlags = { readonly socket?: string }

type Place = { readonly terminal: Terminal; readonly signal: AbortSignal }

/** Prints the names of the images that were in the archive. */
export async function importImage({ terminal, signal }: Place, file: string, flags: ImportFlags): Promise<void> {
  const path = resolve(terminal.folder, file)
  if (!existsSync(path))
    throw new CliError(`there is no file ${file}`, 'Name an OCI archive, as `docker save` makes it.')
  const socket = flags.socket ?? terminal.env['FORNAX_CONTAINERD_SOCKET'] ?? DEFAULT_SOCKET
  const args = ['--address', socket, '-n', 'k8s.io', 'images', 'import', path]
  const { code, out, err } = await runTool(args, signal)
  const said = `${out}\n${err}`
  if (code !== 0) throw new CliError(`the image could not be imported: ${lastLine(said)}`, remedyFor(said, socket))
  const names = [...out.matchAll(/^unpacking (\S+) |^(\S+)\s+saved/gm)].map((match) => match[1] ?? match[2] ?? '')
  for (const name of names) terminal.out(`image/${name} imported\n`)
  if (names.length === 0) terminal.out(`${file} imported\n`)
}

function remedyFor(said: string, socket: string): string {
  if (/permission denied/i.test(said)) return 'Run it as root.'
  if (/connection refused|no such file|dial/i.test(said))
    return `Is a containerd at ${socket}? Say where with --socket or FORNAX_CONTAINERD_SOCKET.`
  return 'An archive that `docker save` or `skopeo copy … oci-archive:` has made will do.'
}

type Outcome = { readonly code: number | null; readonly out: string; readonly err: string }

async function runTool(args: readonly string[], signal: AbortSignal): Promise<Outcome> {
  const tool = spawn('ctr', args, { stdio: ['ignore', 'pipe', 'pipe'], signal })
  const said = { out: '', err: '' }
  tool.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text))
  tool.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text))
  return await new Promise((done, fail) => {
    tool.on('close', (code) => done({ code, ...said }))
    tool.on('error', (cause) => {
      if (signal.aborted) return fail(cause)
      fail(
        new CliError('ctr cannot be run, the tool that comes with containerd', 'Install containerd here.', { cause }),
      )
    })
  })
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}
