/**
 * For tests: a containerd of our own, with everything that it has in a scratch
 * folder, and images that were made here. It ends with all that it made; what a
 * killed run left is removed by the next one.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, closeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { systemClock } from '@fornax/kernel/clock'
import { tagOf } from '../../network/agent-tag.ts'
import { readRoutes } from '../../network/route-table.ts'
import { CriClient } from '../cri-client.ts'
import { archive, type TestImage } from './oci-archive.ts'
import {
  endProcesses,
  FOLDER_PREFIX,
  noteOwner,
  noteTag,
  removeSockets,
  sweep,
  sweepLeftovers,
  unmountAll,
} from './scratch-sweep.ts'
import { CNI_FOLDER, findProgram } from './this-machine.ts'

/** The image of sandboxes: something that does nothing for ever. */
const PAUSE: TestImage = {
  name: 'fornax.test/pause:1',
  programs: { '/bin/busybox': findProgram('busybox') ?? '' },
  config: { Cmd: ['/bin/busybox', 'sleep', '2147483647'] },
}

/** Has a shell and little else. */
export const BUSYBOX_IMAGE: TestImage = { ...PAUSE, name: 'fornax.test/busybox:1' }

/** Where Node is in the test's images; on this machine it may be where a pod has something else mounted. */
export const NODE_IN_IMAGE = '/usr/local/bin/node'

/** Has a shell and Node. */
export const NODE_IMAGE: TestImage = {
  name: 'fornax.test/node:1',
  programs: { ...PAUSE.programs, '/bin/sh': findProgram('busybox') ?? '', [NODE_IN_IMAGE]: process.execPath },
  files: { '/etc/passwd': 'root:x:0:0::/:\nplayer:x:1234:1235::/:\n', '/etc/group': 'root:x:0:\nplayer:x:1235:\n' },
}

const START_TIMEOUT_MS = 20_000
const SUBNET_BITS = 20
const SUBNET_MASK = (-1 << (32 - SUBNET_BITS)) >>> 0

/** Says over its session socket who and where it is. */
export const PLAYER_IMAGE: TestImage = {
  ...NODE_IMAGE,
  name: 'fornax.test/player:1',
  config: {
    User: 'player',
    WorkingDir: '/tmp',
    Entrypoint: [NODE_IN_IMAGE],
    Cmd: [
      '-e',
      `const socket = require('node:net').connect(process.env.FORNAX_SESSION_SOCKET)
      socket.write(process.getuid() + ':' + process.getgid() + ' in ' + process.cwd() + '\\n')`,
    ],
  },
}

export type ScratchContainerdOptions = {
  readonly images?: readonly TestImage[]
  /** The network namespace to run in; otherwise this process' own. */
  readonly network?: string
  /** How pods are joined to the node: all to one bridge, or each by a cable of its own. */
  readonly plugin?: 'bridge' | 'ptp'
  /** Beside the default one. All of them are runc. */
  readonly handlers?: readonly string[]
}

export class ScratchContainerd implements AsyncDisposable {
  readonly folder: string
  readonly socketPath: string
  readonly #network: string | null
  #process: ChildProcess | null = null

  private constructor(folder: string, network: string | null) {
    this.folder = folder
    this.#network = network
    this.socketPath = join(folder, 'containerd.sock')
  }

  static async start(options: ScratchContainerdOptions = {}): Promise<ScratchContainerd> {
    const { images = [NODE_IMAGE], network = null, plugin = 'bridge', handlers = [] } = options
    await sweepLeftovers()
    const containerd = new ScratchContainerd(mkdtempSync(join(tmpdir(), FOLDER_PREFIX)), network)
    noteOwner(containerd.folder)
    try {
      containerd.configure(handlers)
      writeNetwork(containerd.folder, plugin)
      mkdirSync(join(containerd.folder, 'registries'))
      await containerd.begin()
      for (const image of [PAUSE, ...images]) await containerd.import(image)
    } catch (error) {
      await containerd[Symbol.asyncDispose]()
      throw error
    }
    return containerd
  }

  /** A folder for an agent, whose traces on the machine end with this containerd. */
  agentFolder(name: string, folderOfTag = ''): string {
    const path = join(this.folder, 'agents', name)
    mkdirSync(path, { recursive: true })
    noteTag(this.folder, tagOf(join(path, folderOfTag)))
    return path
  }

  /** Changes what it has beside the default handler, from its next beginning on. */
  configure(handlers: readonly string[]): void {
    writeConfig(this.folder, { handlers })
  }

  /** Starts it, as it was when it ended before. */
  async begin(): Promise<void> {
    const output = openSync(join(this.folder, 'log'), 'a')
    const command = [findProgram('containerd') ?? '', '--config', join(this.folder, 'config.toml')]
    const inside = this.#network === null ? command : ['nsenter', `--net=/run/netns/${this.#network}`, ...command]
    const [program = '', ...args] = inside
    this.#process = spawn(program, args, {
      stdio: ['ignore', output, output],
      env: { PATH: `${process.env['PATH']}:/usr/sbin:/sbin` },
    })
    closeSync(output)
    writeFileSync(join(this.folder, 'containerd.pid'), String(this.#process.pid))
    using client = new CriClient(this.socketPath, systemClock)
    await Promise.race([client.version(START_TIMEOUT_MS), this.#endsEarly()])
  }

  /** As a crash would; containers go on. */
  async kill(): Promise<void> {
    const child = this.#process
    this.#process = null
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  /** As if the machine had been switched off: everything that runs is gone, and what lies in memory. */
  async cutPower(): Promise<void> {
    await this.kill()
    await endProcesses(this.folder)
    await unmountAll(this.folder)
    removeSockets(this.folder)
    rmSync(join(this.folder, 'state'), { recursive: true })
  }

  async import(image: TestImage): Promise<void> {
    const ctr = this.#ctr(['images', 'import', '-'])
    if (ctr.stdin === null) throw new Error('ctr has no input')
    await pipeline(Readable.from(archive(image)), ctr.stdin)
    await ended(ctr, `import of ${image.name}`)
  }

  /** Runs `ctr` on it, as an administrator would. */
  async ctr(...args: readonly string[]): Promise<string> {
    const ctr = this.#ctr(args)
    let output = ''
    ctr.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text))
    ctr.stdin?.end()
    await ended(ctr, `ctr ${args.join(' ')}`)
    return output
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process !== null) await this.#removeSandboxes().catch(() => undefined) // What stays is killed below.
    await this.kill()
    await sweep(this.folder)
  }

  async #removeSandboxes(): Promise<void> {
    using client = new CriClient(this.socketPath, systemClock)
    for (const { id } of await client.listSandboxes({})) await client.removeSandbox(id)
  }

  #ctr(args: readonly string[]): ChildProcess {
    const where = ['--address', this.socketPath, '--namespace', 'k8s.io']
    return spawn(findProgram('ctr') ?? '', [...where, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
  }

  async #endsEarly(): Promise<never> {
    if (this.#process !== null) await once(this.#process, 'exit')
    throw new Error(`containerd did not start:\n${readFileSync(join(this.folder, 'log'), 'utf8')}`)
  }
}

async function ended(child: ChildProcess, what: string): Promise<void> {
  let complaint = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (complaint += text))
  child.stdout?.resume()
  const [code] = child.exitCode === null ? await once(child, 'close') : [child.exitCode]
  if (code !== 0) throw new Error(`${what} ended with ${code}: ${complaint}`)
}

function writeConfig(folder: string, options: { readonly handlers: readonly string[] }): void {
  const cri = 'plugins."io.containerd.grpc.v1.cri"'
  const handlers = ['runc', ...options.handlers].map(
    (name) => `
[${cri}.containerd.runtimes.${name}]
runtime_type = "io.containerd.runc.v2"
[${cri}.containerd.runtimes.${name}.options]
Root = "${folder}/runc"
SystemdCgroup = ${existsSync('/run/systemd/system')}
`,
  )
  const config = `
version = 2
root = "${folder}/root"
state = "${folder}/state"
[grpc]
address = "${folder}/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
path = "${folder}/opt"
[${cri}]
sandbox_image = "${PAUSE.name}"
restrict_oom_score_adj = true
stats_collect_period = 1
netns_mounts_under_state_dir = true
disable_tcp_service = true
stream_server_port = "0"
[${cri}.cni]
bin_dir = "${CNI_FOLDER}"
conf_dir = "${folder}/cni"
[${cri}.registry]
config_path = "${folder}/registries"
${handlers.join('')}`
  writeFileSync(join(folder, 'config.toml'), config)
}

function writeNetwork(folder: string, plugin: 'bridge' | 'ptp'): void {
  const tag = tagOf(folder)
  const network = {
    cniVersion: '0.4.0',
    name: `fornax-${tag}`,
    plugins: [
      {
        type: plugin,
        ...(plugin === 'bridge' ? { bridge: `fxt${tag}`, isGateway: true } : {}),
        ipMasq: false,
        ipam: {
          type: 'host-local',
          dataDir: `${folder}/addresses`,
          ranges: [[{ subnet: freeSubnet() }]],
          routes: [{ dst: '0.0.0.0/0' }],
        },
      },
    ],
  }
  mkdirSync(join(folder, 'cni'))
  writeFileSync(join(folder, 'cni', '10-fornax.conflist'), JSON.stringify(network))
}

/** One of 10.128.0.0/9 that no route of this machine is about, with room for more pods than a bridge has ports. */
function freeSubnet(): string {
  const routes = readRoutes(readFileSync('/proc/net/route', 'utf8'))
  for (;;) {
    const [second, third] = [128 + Math.floor(Math.random() * 128), 16 * Math.floor(Math.random() * 16)]
    const first = ((10 << 24) | (second << 16) | (third << 8)) >>> 0
    const isTaken = routes.some(
      ({ address, mask }) => (first & mask) >>> 0 === address || (address & SUBNET_MASK) >>> 0 === first,
    )
    if (!isTaken) return `10.${second}.${third}.0/${SUBNET_BITS}`
  }
}
