import { defineConfig } from 'vitest/config'

/** What the whole does, on real processes: one file after another, so that none steals another's time. */
export default defineConfig({
  test: {
    include: ['e2e/behaviour/**/*.test.ts'],
    exclude: ['**/*.long.test.ts'],
    root: new URL('..', import.meta.url).pathname,
    fileParallelism: false,
    testTimeout: 90_000,
  },
})
