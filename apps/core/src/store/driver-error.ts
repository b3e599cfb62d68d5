/** What the driver said, under what Prisma made of it. */

export type DriverError = { readonly code: string | null; readonly message: string }

/** Looks into an error of Prisma's client; any other error speaks for itself. */
export function driverErrorOf(error: unknown): DriverError {
  if (!(error instanceof Error)) return { code: null, message: String(error) }
  const inner = propertyOf(propertyOf(propertyOf(error, 'meta'), 'driverAdapterError'), 'cause')
  const code = propertyOf(inner, 'originalCode') ?? propertyOf(error, 'code')
  const message = propertyOf(inner, 'originalMessage')
  return {
    code: typeof code === 'string' ? code : null,
    message: lastLine(typeof message === 'string' ? message : error.message),
  }
}

function propertyOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

/** Prisma puts a picture of the call before the reason. */
function lastLine(message: string): string {
  return (message.trimEnd().split('\n').at(-1) ?? '').replace(/\.$/, '')
}
