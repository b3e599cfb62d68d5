/**
 * A PostgreSQL server for a measurement: in a scratch folder, on a unix socket, gone at the end. It runs as an
 * unprivileged user, because the server refuses root.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export type Postgres = AsyncDisposable & { readonly url: string }

const DEBIAN_FOLDER = '/usr/lib/postgresql'

/** Null when PostgreSQL is not installed, or there is nobody to run it as. */
export async function startPostgres(): Promise<Postgres | null> {
  const programs = findPrograms()
  const identity = asServerUser()
  if (programs === null || identity === null) return null
  const folder = mkdtempSync(join(tmpdir(), 'fornax-bench-postgres-'))
  if (identity.user !== null) chownSync(folder, identity.user.uid, identity.user.gid)
  const data = join(folder, 'data')
  const initdb = [
    join(programs, 'initdb'),
    '-D',
    data,
    '-U',
    'postgres',
    '--auth=trust',
    '--no-sync',
    '--encoding=UTF8',
  ]
  const made = spawnSync('setpriv', [...identity.args, ...initdb, '--locale=C.UTF-8'], {
    cwd: folder,
    encoding: 'utf8',
  })
  if (made.status !== 0) {
    rmSync(folder, { recursive: true, force: true })
    throw new Error(`initdb failed: ${made.stderr}`, { cause: made.error })
  }
  // As SQLite is by default: a commit survives the death of the process, not that of the machine.
  const settings = ['listen_addresses=', `unix_socket_directories=${folder}`, 'fsync=off', 'lc_messages=C']
  const command = [join(programs, 'postgres'), '-D', data, ...settings.flatMap((setting) => ['-c', setting])]
  const server = spawn('setpriv', [...identity.args, ...command], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  const said: string[] = []
  for await (const line of createInterface({ input: server.stderr })) {
    said.push(line)
    if (line.includes('ready to accept connections')) break
  }
  server.stderr.resume()
  const end = async (): Promise<void> => {
    if (server.exitCode === null && server.signalCode === null) {
      const exited = once(server, 'exit')
      server.kill('SIGQUIT')
      await exited
    }
    rmSync(folder, { recursive: true, force: true })
  }
  if (server.exitCode !== null || !said.some((line) => line.includes('ready to accept'))) {
    await end()
    throw new Error(`PostgreSQL did not start:\n${said.join('\n')}`)
  }
  return { url: `postgresql://postgres@localhost/postgres?host=${folder}`, [Symbol.asyncDispose]: end }
}

function findPrograms(): string | null {
  if (!existsSync(DEBIAN_FOLDER)) return null
  const versions = readdirSync(DEBIAN_FOLDER).toSorted((a, b) => Number(b) - Number(a))
  const folders = versions.map((version) => join(DEBIAN_FOLDER, version, 'bin'))
  return folders.find((folder) => existsSync(join(folder, 'initdb'))) ?? null
}

type Identity = {
  readonly user: { readonly uid: number; readonly gid: number } | null
  /** Of `setpriv`; the server dies with whoever started it. */
  readonly args: readonly string[]
}

function asServerUser(): Identity | null {
  const dyingWithUs = ['--pdeathsig', 'QUIT', '--']
  if (process.getuid?.() !== 0) return { user: null, args: dyingWithUs }
  const fields = /^postgres:.*$/m.exec(readFileSync('/etc/passwd', 'utf8'))?.[0].split(':')
  if (fields === undefined) return null
  const user = { uid: Number(fields[2]), gid: Number(fields[3]) }
  return { user, args: ['--reuid', `${user.uid}`, '--regid', `${user.gid}`, '--clear-groups', ...dyingWithUs] }
}
