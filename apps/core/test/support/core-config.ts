/** The settings of a whole core in a test: free ports, a database of its own in its folder, and nothing said. */
import type { createCore } from '../../src/core.ts'

type CoreConfig = Parameters<typeof createCore>[0]['config']

export function testCoreConfig(
  said: Pick<CoreConfig, 'dataDir' | 'adminToken' | 'joinToken'> & Partial<CoreConfig>,
): CoreConfig {
  return {
    host: '127.0.0.1',
    apiPort: 0,
    nodeLinkPort: 0,
    databaseUrl: null,
    durability: 'process',
    logLevel: 'silent',
    secretKey: new Uint8Array(32).fill(7),
    nodeCa: null,
    tls: null,
    introspection: null,
    requestsPerSecond: null,
    trustedDocumentsFile: null,
    auditKeptMs: null,
    objectives: { warmP99Ms: 50, coldP99Ms: 1_500, poolHitRate: 0.95 },
    retention: { historyMs: 86_400_000, sessionsMs: 86_400_000 },
    isProduction: false,
    ...said,
  }
}
