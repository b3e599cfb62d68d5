/** The promises to a user, checked in a real browser against the real thing. */
import { defineConfig } from '@playwright/test'
import { BROWSER } from './browser.ts'

export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.ts',
  // What takes minutes to set up is for `npm run test:long`.
  testIgnore: process.env['E2E_LONG'] === undefined ? '*.long.spec.ts' : [],
  outputDir: 'test-results',
  // One world per worker, and two cores for all of it.
  workers: 1,
  forbidOnly: true,
  timeout: 45_000,
  expect: { timeout: 10_000 },
  reporter: 'list',
  use: { ...BROWSER, trace: 'retain-on-failure', screenshot: 'only-on-failure' },
})
