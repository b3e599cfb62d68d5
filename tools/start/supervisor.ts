/**
 * Runs the parts together: the core first, because the others need to know where
 * it answers; then the agent and the console. It ends them in the other order, so
 * that the core still hears what becomes of the pods.
 */
import { join } from 'node:path'
import type { Clock } from '@fornax/kernel/clock'
import type { Settings } from '@fornax/settings/settings'
import type { DataFolder, ReadyFile } from './data-folder.ts'
import { Part, type PartSpec } from './part.ts'
import { compileCache, partEnvironment } from './part-environment.ts'
import type { Ready } from './part-message.ts'
import { PartOutput } from './part-output.ts'
import type { PartCommand, PartName, PartPrograms } from './part-process.ts'
import { RotatingLog } from './rotating-log.ts'
import { RunRecord } from './run-record.ts'

export type SupervisorPorts = {
  readonly settings: Settings
  readonly folder: DataFolder
  readonly programs: PartPrograms
  readonly root: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly say: (line: string) => void
}

export type UpResult =
  | { readonly kind: 'up'; readonly ready: ReadyFile }
  | { readonly kind: 'failed'; readonly message: string }

const LOG_BYTES_MAX = 10 * 1024 * 1024
const OLD_LOGS_MAX = 2

/** An agent ends its pods before it ends; together these stay under the 5 s that Ctrl-C may take. */
const STOP_TIMEOUT_MS: Readonly<Record<PartName, number>> = { agent: 2_800, console: 1_000, core: 1_200 }
const READY_TIMEOUT_MS = 60_000

export class Supervisor implements AsyncDisposable {
  /** Settles when the parts cannot be kept running, with the reason. */
  readonly gaveUp: Promise<string>
  readonly #ports: SupervisorPorts
  readonly #parts = new Map<PartName, Part>()
  readonly #logs = new DisposableStack()
  readonly #record: RunRecord
  readonly #giveUp: (message: string) => void
  /** What this run has decided, by the name of the setting; a part that comes back finds it unchanged. */
  readonly #decided: Record<string, string> = {}
  #consoleUrl: string | null = null
  #isStopping = false

  constructor(ports: SupervisorPorts) {
    this.#ports = ports
    this.#record = new RunRecord(ports.folder.path, ports.say)
    const gaveUp = Promise.withResolvers<string>()
    this.gaveUp = gaveUp.promise
    this.#giveUp = gaveUp.resolve
  }

  /** Waits for what a killed supervisor left. */
  async endLeftovers(): Promise<void> {
    await this.#record.endLeftovers(this.#ports.clock)
  }

  /** Starts everything. When a part fails the others are left to `stop`. */
  async start(): Promise<UpResult> {
    const { settings } = this.#ports
    const names: PartName[] = settings.isConsoleOn ? ['agent', 'console'] : ['agent']
    const core = await this.#startPart('core')
    if (core !== null) return { kind: 'failed', message: core }
    const failures = (await Promise.all(names.map((name) => this.#startPart(name)))).filter(
      (failure) => failure !== null,
    )
    if (failures.length > 0) return { kind: 'failed', message: failures.join('\n') }
    return { kind: 'up', ready: this.#whereabouts() }
  }

  /** Ends everything, pods too. */
  async stop(): Promise<void> {
    this.#isStopping = true
    for (const part of this.#parts.values()) part.hush()
    await Promise.all([this.#parts.get('agent')?.stop(), this.#parts.get('console')?.stop()])
    await this.#parts.get('core')?.stop()
  }

  /** Ends everything at once, and does not wait. */
  kill(): void {
    this.#isStopping = true
    for (const part of this.#parts.values()) part.kill()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    this.#record[Symbol.dispose]()
    this.#logs.dispose()
  }

  /** Null when it is up, else what to tell the user. */
  async #startPart(name: PartName): Promise<string | null> {
    if (this.#isStopping) return `The ${name} was not started, because everything is to end.`
    const { clock, folder, say } = this.#ports
    const logPath = join(folder.path, 'logs', `${name}.log`)
    const log = this.#logs.use(new RotatingLog({ path: logPath, bytesMax: LOG_BYTES_MAX, oldFilesMax: OLD_LOGS_MAX }))
    const part = new Part(this.#spec(name), {
      clock,
      say,
      output: new PartOutput(name, { clock, log, logPath, say }),
      onProcess: (_name, pid) => this.#record.note(name, pid),
      onReady: (ready) => this.#decide(ready),
      onGaveUp: (message) => this.#giveUp(`${message} Its log: ${logPath}`),
    })
    this.#parts.set(name, part)
    const outcome = await part.start()
    return outcome.kind === 'ready' ? null : `The ${name} ${outcome.how} before it was ready. Its log: ${logPath}`
  }

  #spec(name: PartName): PartSpec {
    return {
      name,
      command: () => this.#command(name),
      readyTimeoutMs: READY_TIMEOUT_MS,
      stopBy: name === 'agent' ? 'message' : 'signal',
      stopTimeoutMs: STOP_TIMEOUT_MS[name],
    }
  }

  #command(name: PartName): PartCommand {
    const { programs, root, env, settings } = this.#ports
    const absolute = {
      FORNAX_DATA_DIR: settings.dataDir,
      FORNAX_TOKEN_FILE: settings.tokenFile,
      FORNAX_JOIN_TOKEN_FILE: settings.joinTokenFile,
    }
    return {
      file: process.execPath,
      args: ['--disable-warning=ExperimentalWarning', ...programs[name]],
      cwd: root,
      env: partEnvironment(name, env, { ...absolute, ...compileCache(name, settings.dataDir), ...this.#decided }),
    }
  }

  /** The core says its addresses when it is up; what was asked as "any free port" is from now on that port. */
  #decide({ api, nodeLink, console: consoleUrl }: Ready): void {
    if (api !== undefined) {
      this.#decided['FORNAX_API_URL'] = api
      this.#decided['FORNAX_API_PORT'] = new URL(api).port
    }
    if (nodeLink !== undefined) {
      this.#decided['FORNAX_CORE_ADDRESS'] = nodeLink
      this.#decided['FORNAX_NODELINK_PORT'] = new URL(`tcp://${nodeLink}`).port
    }
    if (consoleUrl !== undefined) {
      this.#decided['FORNAX_CONSOLE_PORT'] = new URL(consoleUrl).port
      this.#consoleUrl = consoleUrl
    }
  }

  #whereabouts(): ReadyFile {
    const { settings } = this.#ports
    return {
      console: this.#consoleUrl,
      api: this.#decided['FORNAX_API_URL'] ?? settings.apiUrl,
      nodeLink: this.#decided['FORNAX_CORE_ADDRESS'] ?? settings.coreAddress,
      tokenFile: settings.tokenFile,
      pid: process.pid,
    }
  }
}
