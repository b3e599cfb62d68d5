/**
 * Machines for an installation from nothing: each with a network, a file system of its own on top of this one's, and
 * the checkout at /opt/fornax. They share one kernel, and are gone with whatever runs in them.
 *
 *   core 10.0.0.1 ─┐
 *   node 10.0.0.11 ┼─ a bridge, in a namespace of its own
 *   node 10.0.0.12 ┘
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '../eventually.ts'
import { runTool } from '../faults/owner.ts'

/** Folders that an installation writes to, each under a layer of the machine's own. */
const OWN_FOLDERS = ['/etc', '/opt', '/var']

export type MachineOptions = {
  readonly name: string
  readonly address: string
  /** What lies at /opt/fornax. */
  readonly checkout: string
}

/** The switch that all machines of one test are on. */
export class Network implements AsyncDisposable {
  readonly #namespace = `fornax-net-${process.pid}-${randomBytes(3).toString('hex')}`

  constructor() {
    sweepLeftovers()
    runTool(['ip', 'netns', 'add', this.#namespace])
    runTool(['ip', '-n', this.#namespace, 'link', 'add', 'switch', 'type', 'bridge'])
    runTool(['ip', '-n', this.#namespace, 'link', 'set', 'switch', 'up'])
  }

  /** Joins the network namespace of a process, under an address. */
  join(pid: number, address: string): void {
    const cable = `c${randomBytes(4).toString('hex')}`
    const here = ['ip', '-n', this.#namespace]
    runTool([...here, 'link', 'add', cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(pid)])
    runTool([...here, 'link', 'set', cable, 'master', 'switch', 'up'])
    const inside = ['nsenter', '-t', String(pid), '-n', 'ip']
    runTool([...inside, 'addr', 'add', `${address}/24`, 'dev', 'eth0'])
    for (const device of ['lo', 'eth0']) runTool([...inside, 'link', 'set', device, 'up'])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    runTool(['ip', 'netns', 'delete', this.#namespace])
    await Promise.resolve()
  }
}

export class Machine implements AsyncDisposable {
  readonly name: string
  readonly #folder = mkdtempSync(join(tmpdir(), `fornax-machine-${process.pid}-`))
  readonly #keeper: ChildProcess
  readonly #said: string[] = []

  private constructor(name: string, keeper: ChildProcess) {
    this.name = name
    this.#keeper = keeper
  }

  static async start(network: Network, { name, address, checkout }: MachineOptions): Promise<Machine> {
    const keeper = spawn('unshare', ['--mount', '--net', '--propagation', 'private', 'sleep', 'infinity'], {
      stdio: 'ignore',
    })
    const machine = new Machine(name, keeper)
    try {
      await eventually(
        () => readlinkSync(`/proc/${keeper.pid}/ns/net`),
        (link) => link !== readlinkSync('/proc/self/ns/net') && existsSync(`/proc/${keeper.pid}/exe`),
      )
      await eventually(
        () => readlinkSync(`/proc/${keeper.pid}/exe`),
        (program) => program.endsWith('sleep'),
      )
      network.join(keeper.pid ?? 0, address)
      machine.#makeFolders(checkout)
      return machine
    } catch (error) {
      await machine[Symbol.asyncDispose]()
      throw error
    }
  }

  /** What a script prints that root runs at the machine's shell; throws all that it said when it fails. */
  async run(script: string, variables: Readonly<Record<string, string>> = {}): Promise<string> {
    const shell = this.spawn(['bash', '-euo', 'pipefail', '-c', script], variables)
    let said = ''
    let complained = ''
    shell.stdout?.on('data', (bytes: Buffer) => (said += bytes.toString()))
    shell.stderr?.on('data', (bytes: Buffer) => (complained += bytes.toString()))
    const [code] = await once(shell, 'close')
    if (code !== 0)
      throw new Error(`${this.name} could not do this:\n${script}\n${said}\n${complained}\n${this.said()}`)
    return said
  }

  /** A process on this machine, with nothing of the environment of the test. */
  spawn(command: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
    const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
    return spawn('nsenter', ['-t', String(this.#keeper.pid), '--mount', '--net', '--', ...command], {
      env: { PATH, HOME: '/root', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  }

  /** Keeps the last that a service said, for whoever looks into a failure. */
  listen(service: ChildProcess): void {
    for (const stream of [service.stdout, service.stderr])
      stream?.on('data', (bytes: Buffer) => {
        this.#said.push(bytes.toString())
        if (this.#said.length > 200) this.#said.shift()
      })
  }

  said(): string {
    return `--- ${this.name}\n${this.#said.join('')}`
  }

  /** Everything that runs on it ends; its file system goes with its namespace. */
  async [Symbol.asyncDispose](): Promise<void> {
    await eventually(
      () => {
        const pids = this.#processes()
        for (const pid of pids) kill(pid)
        return pids
      },
      (pids) => pids.length === 0,
    )
    if (this.#keeper.exitCode === null && this.#keeper.signalCode === null) {
      const ended = once(this.#keeper, 'exit')
      this.#keeper.kill('SIGKILL')
      await ended
    }
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 })
  }

  /** Also its pods: they outlive their agent, in mount namespaces of their own that begin as copies of this one's. */
  #processes(): readonly number[] {
    const own = namespaceOf(this.#keeper.pid ?? 0)
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => pid !== this.#keeper.pid)
      .filter((pid) => (own !== null && namespaceOf(pid) === own) || mountsOf(pid).includes(this.#folder))
  }

  #makeFolders(checkout: string): void {
    const layers = OWN_FOLDERS.map((folder) => {
      const [upper, work] = ['upper', 'work'].map((part) => join(this.#folder, part, folder))
      for (const path of [upper, work]) mkdirSync(path ?? '', { recursive: true })
      return `mount -t overlay overlay -o lowerdir=${folder},upperdir=${upper},workdir=${work} ${folder}`
    })
    // Overlays take no layer that is an overlay itself: where /tmp is one, memory does.
    const script = [
      ...layers,
      'mount -t tmpfs -o mode=755 run /run',
      'mkdir -p /run/netns /opt/fornax',
      `mount --bind ${checkout} /opt/fornax`,
    ].join(' && ')
    const inside = ['-t', String(this.#keeper.pid), '--mount', '--', 'sh', '-c', script]
    const { status, stderr } = spawnSync('nsenter', inside, { encoding: 'utf8' })
    if (status !== 0) throw new Error(`${this.name} has no file system of its own: ${stderr}`)
  }
}

function namespaceOf(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`)
  } catch {
    return null
  }
}

/** Empty when it has just ended. */
function mountsOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/mountinfo`, 'utf8')
  } catch {
    return ''
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has just ended by itself.
  }
}

const OWNED = /^fornax-(?:net|machine)-(\d+)-/

/** Removes what runs that were killed have left: their processes ended with them, names and folders did not. */
function sweepLeftovers(): void {
  const isLeft = (name: string): boolean => {
    const [, pid] = OWNED.exec(name) ?? []
    return pid !== undefined && !existsSync(`/proc/${pid}`)
  }
  const names = runTool(['ip', 'netns', 'list']).split('\n')
  for (const name of names.map((line) => line.split(' ')[0] ?? '').filter(isLeft))
    runTool(['ip', 'netns', 'delete', name])
  for (const name of readdirSync(tmpdir()).filter(isLeft))
    rmSync(join(tmpdir(), name), { recursive: true, force: true })
}
