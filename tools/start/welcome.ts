/** What a person reads once everything is up. */
import { relative, resolve } from 'node:path'
import { SETTINGS } from '@fornax/settings/setting-definitions'
import type { Settings } from '@fornax/settings/settings'
import type { TokenFileResult } from '@fornax/settings/token-file'
import type { ReadyFile } from './data-folder.ts'
import { EXAMPLE_NAME, type ExampleResult } from './example-application.ts'

type Welcome = {
  readonly ready: ReadyFile
  readonly settings: Settings
  readonly adminToken: Exclude<TokenFileResult, { kind: 'unusable' }>
  readonly example: ExampleResult
  readonly logs: string
}

export function welcome({ ready, settings, adminToken, example, logs }: Welcome): string {
  const lines = [
    '',
    'Fornax is ready',
    '',
    ...(ready.console === null ? [] : [`  Console    ${ready.console}`]),
    `  API        ${ready.api}/graphql`,
    `  Node link  ${ready.nodeLink}`,
    `  Logs       ${shown(logs)}`,
    `  Token      ${tokenLine(adminToken, ready.tokenFile)}`,
    '',
    ...sessionLines(example, settings),
    'Ctrl-C stops everything, pods too.',
    '',
  ]
  return lines.join('\n')
}

/** A random token is shown when it is made, and never again. */
function tokenLine(token: Welcome['adminToken'], file: string): string {
  if (token.kind !== 'made') return `in ${shown(file)}`
  return `${token.token} (shown only now; it is in ${shown(file)})`
}

function sessionLines(example: ExampleResult, settings: Settings): readonly string[] {
  if (example.kind === 'failed')
    return [`The example application ${EXAMPLE_NAME} could not be made: ${example.message}`, '']
  const isElsewhere = settings.dataDir !== resolve(SETTINGS.dataDir.default)
  const where = isElsewhere ? `${SETTINGS.dataDir.name}=${shown(settings.dataDir)} ` : ''
  return ['Open a first session, from this folder:', `  ${where}npx fornax open ${EXAMPLE_NAME}`, '']
}

/** Short when it is below the current folder. */
function shown(path: string): string {
  const short = relative(process.cwd(), path)
  return short === '' || short.startsWith('..') ? path : short
}
