/**
 * Does what `systemctl` would with the units of the packaging, on a machine without systemd: their command, their user,
 * their environment files, and their kill mode.
 */
import { once } from 'node:events'
import type { ChildProcess } from 'node:child_process'
import type { Machine } from './machine.ts'

/** The keys of a unit by name, each with all that was said of it. */
export type Unit = ReadonlyMap<string, readonly string[]>

export function readUnit(text: string): Unit {
  const unit = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    const [, key, value] = /^([A-Za-z]+)=(.*)$/.exec(line) ?? []
    if (key !== undefined) unit.set(key, [...(unit.get(key) ?? []), value ?? ''])
  }
  return unit
}

/** The variables of an environment file, or of `Environment=` lines, as systemd reads simple ones. */
export function readVariables(lines: readonly string[]): Record<string, string> {
  const variables: Record<string, string> = {}
  for (const line of lines) {
    const [, name, value] = /^([A-Z_]+)=(.*)$/.exec(line) ?? []
    if (name !== undefined) variables[name] = value ?? ''
  }
  return variables
}

export class Units implements AsyncDisposable {
  readonly #machine: Machine
  readonly #running = new Map<string, ChildProcess>()

  constructor(machine: Machine) {
    this.#machine = machine
  }

  /** `systemctl VERB UNIT`; what has nothing to do with a process is left to the real one. */
  async control(verb: string, name: string): Promise<void> {
    if (verb === 'stop' || verb === 'restart') await this.#stop(name)
    if (verb === 'start' || verb === 'restart') await this.#start(name)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of this.#running.keys()) await this.#stop(name)
  }

  async #start(name: string): Promise<void> {
    const unit = readUnit(await this.#machine.run(`cat /etc/systemd/system/${name}.service`))
    const one = (key: string): string => unit.get(key)?.at(-1) ?? ''
    const file = await this.#machine.run(`cat ${one('EnvironmentFile')}`)
    const given = (unit.get('Environment') ?? []).flatMap((line) => line.split(' '))
    const env = { ...readVariables(given), ...readVariables(file.split('\n')) }
    const user = one('User')
    const become =
      user === 'root' ? [] : ['setpriv', `--reuid=${user}`, `--regid=${one('Group')}`, '--init-groups', '--']
    const command = ['env', '-C', one('WorkingDirectory'), ...become, ...one('ExecStart').split(' ')]
    const service = this.#machine.spawn(command, env)
    this.#machine.listen(service)
    this.#running.set(name, service)
  }

  /** The units ask with SIGTERM, and the agent's reaches nobody but the agent. */
  async #stop(name: string): Promise<void> {
    const service = this.#running.get(name)
    this.#running.delete(name)
    if (service === undefined || service.exitCode !== null || service.signalCode !== null) return
    const ended = once(service, 'exit')
    service.kill('SIGTERM')
    await ended
  }
}
