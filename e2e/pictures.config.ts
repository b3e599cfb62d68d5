/** Takes the pictures of the documentation: `npx playwright test --config e2e/pictures.config.ts`. */
import { defineConfig } from '@playwright/test'
import { BROWSER } from './browser.ts'

export default defineConfig({
  testDir: '.',
  testMatch: 'pictures.ts',
  outputDir: 'test-results',
  workers: 1,
  timeout: 120_000,
  expect: { timeout: 60_000 },
  use: { ...BROWSER, viewport: { width: 1_280, height: 800 }, colorScheme: 'dark' },
})
