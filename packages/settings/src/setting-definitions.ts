/**
 * Every setting of every part, in one table.
 *
 * A default may name another setting in angle brackets: it then follows that
 * setting's value, whether that was given or is a default itself.
 */
import { resolve } from 'node:path'
import { z } from 'zod'

/** Who reads a setting: `start` supervises the others. */
export type Part = 'start' | 'core' | 'agent' | 'console' | 'cli' | 'test'

export type SettingDefinition = {
  /** The name of the environment variable. */
  readonly name: string
  /** The text that stands for an absent variable; null: the setting stays null. */
  readonly default: string | null
  readonly schema: z.ZodType
  /** Completes "it must be …" when the value is refused. */
  readonly expects: string
  /** One sentence for the README. */
  readonly doc: string
  readonly usedBy: readonly Part[]
  /** A secret is never repeated in a message. */
  readonly isSecret?: true
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
const TOKEN_LENGTH_MIN = 16
const PORT_MAX = 65_535
const DAYS_MAX = 36_500
const DNS_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

const text = z.string().trim().min(1)
const path = text.transform((value) => resolve(value))
const port = z
  .string()
  .regex(/^\d{1,5}$/)
  .transform(Number)
  .pipe(z.number().max(PORT_MAX))
const days = z
  .string()
  .regex(/^\d{1,5}(\.\d+)?$/)
  .transform(Number)
  .pipe(z.number().positive().max(DAYS_MAX))
const positive = z
  .string()
  .regex(/^\d+(\.\d+)?$/)
  .transform(Number)
  .pipe(z.number().positive())
const secret = text.min(TOKEN_LENGTH_MIN)
const httpUrl = text
  .refine((value) => URL.canParse(value) && ['http:', 'https:'].includes(new URL(value).protocol))
  .transform((value) => value.replace(/\/+$/, ''))
const hostAndPort = text.refine(
  (value) => Number(/^(?:\[[0-9a-fA-F:]+\]|[^:/\s]+):(\d{1,5})$/.exec(value)?.[1]) <= PORT_MAX,
)

/** A share in percent, or a small number. */
const upTo99 = z
  .string()
  .regex(/^\d{1,2}$/)
  .transform(Number)

const UP_TO_99_EXPECTS = 'a whole number from 0 to 99'
const PORT_EXPECTS = `a port number from 0 to ${PORT_MAX}, where 0 takes any free port`
const DAYS_EXPECTS = `a number of days, more than 0 and at most ${DAYS_MAX}`
const POSITIVE_EXPECTS = 'a number of milliseconds, more than 0'
const EVERY_PART = ['start', 'core', 'agent', 'console', 'cli'] as const

/** The shared table, by the field that `Settings` has for it. Its order is that of the README. */
export const SETTINGS = {
  dataDir: {
    name: 'FORNAX_DATA_DIR',
    default: '.fornax',
    schema: path,
    expects: 'the path of a folder',
    doc: 'Folder for the database, tokens, logs and `ready.json`, made when it is missing.',
    usedBy: EVERY_PART,
  },
  host: {
    name: 'FORNAX_HOST',
    default: '127.0.0.1',
    schema: text.regex(/^[^\s/]+$/),
    expects: 'an address or host name of this machine',
    doc: 'Address on which everything listens; other machines cannot reach the default.',
    usedBy: ['start', 'core', 'agent', 'console'],
  },
  consolePort: {
    name: 'FORNAX_CONSOLE_PORT',
    default: '3000',
    schema: port,
    expects: PORT_EXPECTS,
    doc: 'Port of the console; 0 takes any free one.',
    usedBy: ['start', 'console'],
  },
  apiPort: {
    name: 'FORNAX_API_PORT',
    default: '4000',
    schema: port,
    expects: PORT_EXPECTS,
    doc: 'Port of the API (GraphQL, metrics and health); 0 takes any free one.',
    usedBy: ['start', 'core'],
  },
  nodeLinkPort: {
    name: 'FORNAX_NODELINK_PORT',
    default: '4001',
    schema: port,
    expects: PORT_EXPECTS,
    doc: 'Port on which agents join the core; 0 takes any free one.',
    usedBy: ['start', 'core'],
  },
  runtime: {
    name: 'FORNAX_RUNTIME',
    default: 'auto',
    schema: z.enum(['auto', 'bubblewrap', 'process', 'simulated', 'containerd']),
    expects: 'one of auto, bubblewrap, process, simulated, containerd',
    doc: 'How the agent runs pods of the image `host`; `auto` takes bubblewrap where it works, else process (no isolation, for development only). `containerd` offers nothing but containers.',
    usedBy: ['start', 'agent'],
  },
  containerdSocket: {
    name: 'FORNAX_CONTAINERD_SOCKET',
    default: null,
    schema: path,
    expects: 'the path of a socket, as in /run/containerd/containerd.sock',
    doc: 'Socket of a containerd; with it the agent, as root, runs OCI images as containers.',
    usedBy: ['start', 'agent'],
  },
  isConsoleOn: {
    name: 'FORNAX_CONSOLE',
    default: 'on',
    schema: z.enum(['on', 'off']).transform((value) => value === 'on'),
    expects: 'on or off',
    doc: 'Whether `npm start` builds and starts the console.',
    usedBy: ['start'],
  },
  adminToken: {
    name: 'FORNAX_ADMIN_TOKEN',
    default: null,
    schema: secret,
    expects: `at least ${TOKEN_LENGTH_MIN} characters long; remove it to have a random one made`,
    doc: 'Token of the first administrator; without it a random one is made at the first start.',
    usedBy: ['start', 'core'],
    isSecret: true,
  },
  durability: {
    name: 'FORNAX_DURABILITY',
    default: 'process',
    schema: z.enum(['process', 'fsync']),
    expects: 'process or fsync',
    doc: 'What an answered session survives: the death of the core (`process`), or of the machine as well (`fsync`, slower).',
    usedBy: ['start', 'core'],
  },
  databaseUrl: {
    name: 'DATABASE_URL',
    default: null,
    schema: text.regex(/^(file:|postgres:\/\/|postgresql:\/\/)./),
    expects: 'an address that begins with file:, postgres:// or postgresql://',
    doc: 'Database of the core; without it SQLite in the data folder.',
    usedBy: ['start', 'core'],
    isSecret: true,
  },
  issuersFile: {
    name: 'FORNAX_OIDC_FILE',
    default: null,
    schema: path,
    expects: 'the path of a file',
    doc: 'JSON file with the issuers (OpenID Connect) whose tokens are good and where people log in; see docs/access.md.',
    usedBy: ['start', 'core', 'console'],
  },
  historyDays: {
    name: 'FORNAX_HISTORY_DAYS',
    default: '7',
    schema: days,
    expects: DAYS_EXPECTS,
    doc: 'How many days the database keeps events, and the history of latencies, pools and the fleet.',
    usedBy: ['start', 'core'],
  },
  sessionDays: {
    name: 'FORNAX_SESSION_DAYS',
    default: '30',
    schema: days,
    expects: DAYS_EXPECTS,
    doc: 'How many days the database keeps sessions that have closed.',
    usedBy: ['start', 'core'],
  },
  objectiveWarmP99Ms: {
    name: 'FORNAX_OBJECTIVE_WARM_P99_MS',
    default: '50',
    schema: positive,
    expects: POSITIVE_EXPECTS,
    doc: 'What 99 of 100 warm starts should take at most, in milliseconds; the console shows it beside what they take.',
    usedBy: ['start', 'core'],
  },
  objectiveColdP99Ms: {
    name: 'FORNAX_OBJECTIVE_COLD_P99_MS',
    default: '1500',
    schema: positive,
    expects: POSITIVE_EXPECTS,
    doc: 'The same of cold starts.',
    usedBy: ['start', 'core'],
  },
  objectiveHitPercent: {
    name: 'FORNAX_OBJECTIVE_HIT_PERCENT',
    default: '95',
    schema: z
      .string()
      .regex(/^\d+(\.\d+)?$/)
      .transform(Number)
      .pipe(z.number().max(100)),
    expects: 'a number from 0 to 100',
    doc: 'How many of 100 sessions should find a pod ready.',
    usedBy: ['start', 'core'],
  },
  logLevel: {
    name: 'LOG_LEVEL',
    default: 'info',
    schema: z.enum(LOG_LEVELS),
    expects: `one of ${LOG_LEVELS.join(', ')}`,
    doc: `How much goes into the logs: ${LOG_LEVELS.map((level) => `\`${level}\``).join(', ')}.`,
    usedBy: ['start', 'core', 'agent', 'console'],
  },
  coreAddress: {
    name: 'FORNAX_CORE_ADDRESS',
    default: '127.0.0.1:<FORNAX_NODELINK_PORT>',
    schema: hostAndPort,
    expects: 'a host and a port, as in 10.0.0.5:4001',
    doc: 'Where an agent finds the node link of the core.',
    usedBy: ['agent', 'cli'],
  },
  nodeName: {
    name: 'FORNAX_NODE_NAME',
    default: '<host name>',
    schema: text.regex(DNS_LABEL),
    expects: 'a DNS label: lower-case letters, digits and inner hyphens, at most 63 of them',
    doc: 'Name of the node an agent speaks for, unique in the fleet.',
    usedBy: ['agent'],
  },
  joinTokenFile: {
    name: 'FORNAX_JOIN_TOKEN_FILE',
    default: '<FORNAX_DATA_DIR>/join-token',
    schema: path,
    expects: 'the path of a file',
    doc: 'File with the token by which agents join.',
    usedBy: ['start', 'core', 'agent', 'cli'],
  },
  secretKeyFile: {
    name: 'FORNAX_SECRET_KEY_FILE',
    default: '<FORNAX_DATA_DIR>/secret-key',
    schema: path,
    expects: 'the path of a file',
    doc: 'File with the key that seals the secrets of tenants in the database; made at the first start.',
    usedBy: ['start', 'core'],
  },
  sandboxStockMax: {
    name: 'FORNAX_SANDBOX_STOCK_MAX',
    default: '8',
    schema: upTo99,
    expects: UP_TO_99_EXPECTS,
    doc: 'A node keeps at most this many empty sandboxes ready for each runtime; 0: none.',
    usedBy: ['start', 'agent'],
  },
  leastFreeMemoryPercent: {
    name: 'FORNAX_LEAST_FREE_MEMORY_PERCENT',
    default: '5',
    schema: upTo99,
    expects: UP_TO_99_EXPECTS,
    doc: 'A node with less free memory than this takes no pods, and stops idle ones; 0: never.',
    usedBy: ['start', 'agent'],
  },
  leastFreeDiskPercent: {
    name: 'FORNAX_LEAST_FREE_DISK_PERCENT',
    default: '5',
    schema: upTo99,
    expects: UP_TO_99_EXPECTS,
    doc: 'The same for the disks of its data and its images; unused images go first.',
    usedBy: ['start', 'agent'],
  },
  leastFreePidsPercent: {
    name: 'FORNAX_LEAST_FREE_PIDS_PERCENT',
    default: '10',
    schema: upTo99,
    expects: UP_TO_99_EXPECTS,
    doc: 'The same for process ids.',
    usedBy: ['start', 'agent'],
  },
  coreCaFile: {
    name: 'FORNAX_CORE_CA_FILE',
    default: null,
    schema: path,
    expects: 'the path of a file',
    doc: 'Certificate of the authority that an agent trusts when its join token names none; without it `node-ca.pem` beside the join token.',
    usedBy: ['agent', 'cli'],
  },
  nodeCaFile: {
    name: 'FORNAX_NODE_CA_FILE',
    default: null,
    schema: path,
    expects: 'the path of a file',
    doc: 'Authority for certificates of nodes, brought from outside (PEM; further ones in it are trusted too); without it one is made at the first start.',
    usedBy: ['start', 'core'],
  },
  nodeCaKeyFile: {
    name: 'FORNAX_NODE_CA_KEY_FILE',
    default: null,
    schema: path,
    expects: 'the path of a file',
    doc: 'Key of `FORNAX_NODE_CA_FILE` (PEM).',
    usedBy: ['start', 'core'],
  },
  auditKeptDays: {
    name: 'FORNAX_AUDIT_KEPT_DAYS',
    default: '400',
    schema: z
      .string()
      .regex(/^\d{1,5}$/)
      .transform(Number),
    expects: 'a number of days, where 0 keeps them for ever',
    doc: 'How long audit records are kept; 0: for ever.',
    usedBy: ['start', 'core'],
  },
  requestsPerSecond: {
    name: 'FORNAX_TENANT_REQUESTS_PER_SECOND',
    default: '5000',
    schema: z
      .string()
      .regex(/^\d{1,7}$/)
      .transform(Number),
    expects: 'a number, where 0 means any number',
    doc: 'Requests to the API that one tenant may make each second, with bursts of twice that; 0: any number.',
    usedBy: ['start', 'core'],
  },
  introspection: {
    name: 'FORNAX_INTROSPECTION',
    default: 'auto',
    schema: z.enum(['auto', 'everybody', 'operator', 'nobody']),
    expects: 'one of auto, everybody, operator, nobody',
    doc: 'Who may ask the API for its schema; `auto`: in production the operator, else everybody.',
    usedBy: ['start', 'core'],
  },
  trustedDocumentsFile: {
    name: 'FORNAX_TRUSTED_DOCUMENTS_FILE',
    default: null,
    schema: path,
    expects: 'the path of a file',
    doc: 'JSON file of the GraphQL documents that clients may send, by SHA-256; without it they may send any.',
    usedBy: ['start', 'core'],
  },
  tlsCertFile: {
    name: 'FORNAX_TLS_CERT_FILE',
    default: null,
    schema: path,
    expects: 'the path of a file',
    doc: 'Certificate chain (PEM) with which API and console serve TLS; without it they speak plain HTTP.',
    usedBy: ['start', 'core', 'console'],
  },
  tlsKeyFile: {
    name: 'FORNAX_TLS_KEY_FILE',
    default: null,
    schema: path,
    expects: 'the path of a file',
    doc: 'Key of `FORNAX_TLS_CERT_FILE` (PEM).',
    usedBy: ['start', 'core', 'console'],
  },
  apiUrl: {
    name: 'FORNAX_API_URL',
    default: 'http://127.0.0.1:<FORNAX_API_PORT>',
    schema: httpUrl,
    expects: 'an http:// or https:// address',
    doc: 'Where the command line and the console find the API.',
    usedBy: ['console', 'cli'],
  },
  token: {
    name: 'FORNAX_TOKEN',
    default: null,
    schema: text,
    expects: 'a token',
    doc: 'Token of the command line; it wins over the token file.',
    usedBy: ['cli'],
    isSecret: true,
  },
  tokenFile: {
    name: 'FORNAX_TOKEN_FILE',
    default: '<FORNAX_DATA_DIR>/admin-token',
    schema: path,
    expects: 'the path of a file',
    doc: 'File with the token of the first administrator, which the command line uses.',
    usedBy: ['start', 'core', 'cli'],
  },
  testRequireAll: {
    name: 'FORNAX_TEST_REQUIRE_ALL',
    default: '0',
    schema: z.enum(['0', '1']).transform((value) => value === '1'),
    expects: '0 or 1',
    doc: 'With 1, `npm test` counts what it had to skip as failed.',
    usedBy: ['test'],
  },
} as const satisfies Record<string, SettingDefinition>
