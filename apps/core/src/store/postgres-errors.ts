/** What the errors of PostgreSQL and of the way to it mean. */
import { driverErrorOf } from './driver-error.ts'
import { StoreUnavailableError } from './store-error.ts'

/** Without user and password. */
export function postgresLabel(url: string): string {
  if (!URL.canParse(url)) return 'PostgreSQL'
  const { hostname, port, pathname, searchParams } = new URL(url)
  const host = searchParams.get('host') ?? `${hostname}:${port === '' ? '5432' : port}`
  return `${decodeURIComponent(pathname.slice(1))} on ${decodeURIComponent(host)}`
}

/** The server went away, or is not there yet: the same question may be answered in a moment. */
export function isConnectionLost(error: unknown): boolean {
  const { code, message } = driverErrorOf(error)
  if (code === null) return AWAY_MESSAGE.test(message)
  return AWAY.includes(code) || /^08...$/.test(code)
}

const AWAY = [
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  // Shutting down, starting, full.
  '57P01',
  '57P02',
  '57P03',
  '53300',
  // Prisma's names for the same.
  'P1001',
  'P1002',
  'P1008',
  'P1017',
]

/** What the driver says without a code. */
const AWAY_MESSAGE = /Connection terminated|timeout exceeded when trying to connect|Query read timeout|not queryable/

/** A value was refused (classes 22 and 23), or is too large for an index. */
export function isPostgresRowFault(error: unknown): boolean {
  const { code } = driverErrorOf(error)
  return code !== null && (/^2[23]...$/.test(code) || code === '54000')
}

export function explainPostgres(label: string, error: unknown): StoreUnavailableError | null {
  if (error instanceof StoreUnavailableError) return error
  if (error instanceof AggregateError) return explainPostgres(label, error.errors[0])
  const { code, message } = driverErrorOf(error)
  if (isConnectionLost(error)) {
    const remedy = 'Start PostgreSQL and see that this machine reaches it, or correct DATABASE_URL.'
    return new StoreUnavailableError(`The database ${label} cannot be reached: ${message}.`, remedy, error)
  }
  const reason = EXPLAINED[code ?? '']
  if (reason === undefined) return null
  return new StoreUnavailableError(`The database ${label} ${reason.says}: ${message}.`, reason.remedy, error)
}

const CREDENTIALS = { says: 'refused us', remedy: 'Correct the user and the password in DATABASE_URL.' }
const SPACE = { says: 'has no space left', remedy: 'Free some space on the disk of PostgreSQL.' }
const DAMAGED = { says: 'is damaged', remedy: 'Put back a backup of it.' }

const EXPLAINED: Readonly<Record<string, { readonly says: string; readonly remedy: string }>> = {
  '28P01': CREDENTIALS,
  P1000: CREDENTIALS,
  '28000': CREDENTIALS,
  '3D000': { says: 'does not exist', remedy: 'Create it with `createdb`, or correct DATABASE_URL.' },
  '42501': { says: 'does not let us in', remedy: 'Make the user in DATABASE_URL the owner of the database.' },
  '25006': { says: 'is read-only', remedy: 'Let DATABASE_URL name the primary server.' },
  '53100': SPACE,
  XX001: DAMAGED,
  XX002: DAMAGED,
}
