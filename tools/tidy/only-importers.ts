/** What only few files may touch, so that the rest does not depend on it. */

export type OnlyImporters = {
  readonly what: string
  /** Found in the code, without comments. */
  readonly sign: RegExp
  /** Where the rule holds. */
  readonly within: RegExp
  readonly allowed: RegExp
}

export const ONLY_IMPORTERS: readonly OnlyImporters[] = [
  {
    what: 'the environment',
    // Whoever starts a program tells it where programs are.
    sign: /\bprocess\.env\b(?!\['PATH'\])/,
    within: /^(apps|packages)\//,
    // Next has no main of ours to read it in; the session SDK runs inside a pod, where the platform speaks to it so.
    allowed: /\/(config|main)\.ts$|^apps\/console\/(server|src\/graphql\/server-api)\.ts$|^packages\/session-sdk\//,
  },
  {
    what: 'signals and the exit code',
    sign: /\bprocess\.(exitCode|exit|on|once|kill)\b/,
    within: /^(apps\/core|packages\/(kernel|node-model|settings|client))\//,
    allowed: /\/main\.ts$/,
  },
  {
    what: 'Prisma',
    sign: /from '(@prisma\/|@fornax\/prisma|[^']*prisma\/generated)/,
    within: /^(apps|packages)\//,
    allowed: /^apps\/core\/src\/store\//,
  },
  {
    what: 'the wire',
    sign: /from '(@fornax\/proto|@grpc\/)/,
    within: /^(apps|packages)\//,
    allowed:
      /^apps\/core\/src\/nodelink\/|^apps\/agent\/src\/(corelink|sessions|runtime\/containerd)\/|^packages\/(session-sdk|certificates)\//,
  },
  {
    what: 'GraphQL',
    sign: /from '(graphql|@apollo\/|graphql-ws)/,
    within: /^apps\/(core|agent)\//,
    allowed: /^apps\/core\/src\/graphql\//,
  },
  {
    what: 'SQLite',
    sign: /from 'node:sqlite'/,
    within: /^(apps|packages)\//,
    allowed: /^apps\/core\/src\/store\/|^apps\/agent\/src\/ledger\//,
  },
  {
    what: 'the clock of the machine',
    sign: /\bDate\.now\b|\bnew Date\(\)|\bset(Timeout|Interval|Immediate)\(|\bperformance\.now\b|from 'node:timers/,
    within: /^(apps\/(core|agent)|packages\/(kernel|node-model))\//,
    allowed: /^packages\/kernel\/src\/clock\.ts$/,
  },
  {
    what: 'chance',
    sign: /\bMath\.random\b/,
    // A runtime is the edge to the machine, and never simulated with a seed.
    within: /^(apps\/core|apps\/agent\/src\/(?!runtime)[a-z]+|packages\/(kernel|node-model))\//,
    allowed: /^packages\/kernel\/src\/random\.ts$/,
  },
  {
    what: 'the terminal',
    sign: /\bconsole\.(log|info|warn|error|debug)\b/,
    within: /^(apps\/(core|agent)|packages)\//,
    allowed: /\/main\.ts$/,
  },
]
