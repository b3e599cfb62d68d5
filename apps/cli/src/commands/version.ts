/** `fornax version`: of this command, and who it is at the server. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isRecord } from '@fornax/client/client-error'
import { ViewerDocument } from '@fornax/client/generated/documents'
import { say, type CommandContext } from '../command-context.ts'

/** The version of this checkout. */
export function clientVersion(checkout: string): string {
  const text = readFileSync(join(checkout, 'package.json'), 'utf8')
  const manifest: unknown = JSON.parse(text)
  return isRecord(manifest) && typeof manifest['version'] === 'string' ? manifest['version'] : 'unknown'
}

export async function printServer(context: CommandContext): Promise<void> {
  const { viewer } = await context.client.request(ViewerDocument, {}, { signal: context.signal })
  say(context, `Server   ${context.client.url}`)
  say(context, `Role     ${viewer.role.toLowerCase()} of ${viewer.tenant}`)
}
