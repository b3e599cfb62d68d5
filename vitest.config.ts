import { fileURLToPath } from 'node:url'
import { configDefaults, defineConfig } from 'vitest/config'

const LONG = '**/*.long.test.{ts,tsx}'

/** Soaks run on their own, with `--mode long`; the browser tests are Playwright's. */
export default defineConfig(({ mode }) => ({
  // The package has a second copy for bundlers; with it, a schema made by one would not be known to the other.
  resolve: { alias: [{ find: /^graphql$/, replacement: fileURLToPath(import.meta.resolve('graphql')) }] },
  test: {
    include:
      mode === 'long'
        ? [LONG]
        : ['apps', 'bench', 'examples', 'packages', 'prisma', 'proto', 'simulator', 'tools'].map(
            (room) => `${room}/**/*.test.{ts,tsx}`,
          ),
    exclude: [...configDefaults.exclude, '**/.next/**', '**/generated/**', ...(mode === 'long' ? [] : [LONG])],
    // What lasts for minutes measures: no file may take another's time.
    fileParallelism: mode !== 'long',
    // Real processes on a busy two-core machine: a test that fails should fail by its assertion, not by the clock.
    testTimeout: mode === 'long' ? 30 * 60_000 : 20_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    execArgv: ['--disable-warning=ExperimentalWarning'],
    restoreMocks: true,
  },
}))
