/**
 * A real PostgreSQL server for tests: in a scratch folder, on a unix socket, gone at the end. It runs as an
 * unprivileged user (the server refuses root) and dies with the thread that started it, so that a killed test run
 * leaves no server behind.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import pg from 'pg'

const DEBIAN_FOLDER = '/usr/lib/postgresql'

export type PostgresServer = AsyncDisposable & {
  /** A new, empty database; as in `postgresql://postgres@localhost/d1?host=/tmp/…`. */
  newDatabase(): Promise<string>
  /** Stops the server as a crash would: every connection is cut. */
  crash(): Promise<void>
  /** Starts it again after a crash. */
  restart(): Promise<void>
}

/** The folder of the server's programs, or null when PostgreSQL is not installed. */
export function findPostgres(): string | null {
  if (!existsSync(DEBIAN_FOLDER)) return null
  const versions = readdirSync(DEBIAN_FOLDER).toSorted((a, b) => Number(b) - Number(a))
  const folders = versions.map((version) => join(DEBIAN_FOLDER, version, 'bin'))
  return folders.find((folder) => existsSync(join(folder, 'initdb'))) ?? null
}

export async function startPostgres(programs: string): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'fornax-postgres-'))
  const dataFolder = join(folder, 'data')
  const user = serverUser()
  if (user !== null) chownSync(folder, user.uid, user.gid)
  const command = [join(programs, 'initdb'), '-D', dataFolder, '-U', 'postgres', '--auth=trust', '--no-sync']
  const initdb = spawnSync('setpriv', [...asUser(user), ...command, '--encoding=UTF8', '--locale=C.UTF-8'], {
    cwd: folder,
    encoding: 'utf8',
  })
  if (initdb.status !== 0) {
    rmSync(folder, { recursive: true, force: true })
    throw new Error(`initdb failed: ${initdb.stderr}`, { cause: initdb.error })
  }

  const start = (): Promise<ChildProcess> => startServer(programs, folder, user)
  let server = await start()
  let databases = 0
  const urlOf = (database: string): string => `postgresql://postgres@localhost/${database}?host=${folder}`
  return {
    newDatabase: async () => {
      databases += 1
      const name = `d${databases}`
      const client = new pg.Client({ connectionString: urlOf('postgres') })
      await client.connect()
      await client.query(`CREATE DATABASE ${name}`)
      await client.end()
      return urlOf(name)
    },
    crash: () => stopServer(server),
    restart: async () => {
      server = await start()
    },
    [Symbol.asyncDispose]: async () => {
      await stopServer(server)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

type ServerUser = { readonly uid: number; readonly gid: number }

/** Whom to run the server as; null: as ourselves. */
function serverUser(): ServerUser | null {
  if (process.getuid?.() !== 0) return null
  const fields = /^postgres:.*$/m.exec(readFileSync('/etc/passwd', 'utf8'))?.[0].split(':')
  if (fields === undefined) throw new Error('there is no user `postgres` to run the server as')
  return { uid: Number(fields[2]), gid: Number(fields[3]) }
}

function asUser(user: ServerUser | null): string[] {
  const identity = user === null ? [] : ['--reuid', `${user.uid}`, '--regid', `${user.gid}`, '--clear-groups']
  return [...identity, '--pdeathsig', 'QUIT', '--']
}

async function startServer(programs: string, folder: string, user: ServerUser | null): Promise<ChildProcess> {
  const settings = {
    listen_addresses: '',
    unix_socket_directories: folder,
    fsync: 'off',
    max_connections: '50',
    shared_buffers: '32MB',
    lc_messages: 'C',
  }
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const command = [join(programs, 'postgres'), '-D', join(folder, 'data'), ...options]
  const server = spawn('setpriv', [...asUser(user), ...command], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  const said: string[] = []
  for await (const line of createInterface({ input: server.stderr })) {
    said.push(line)
    if (line.includes('ready to accept connections')) {
      server.stderr.resume()
      return server
    }
  }
  throw new Error(`PostgreSQL did not start:\n${said.join('\n')}`)
}

async function stopServer(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const exited = once(server, 'exit')
  server.kill('SIGQUIT')
  await exited
}
