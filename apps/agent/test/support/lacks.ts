/** What a machine lacks for a test. */

const MUST_RUN = process.env['FORNAX_TEST_REQUIRE_ALL'] === '1' || (process.env['CI'] ?? '') !== ''

/**
 * Whether a test has to be left out for want of something, which is then said. Where everything has to run it is not:
 * the test then fails.
 */
export function lacks(isThere: boolean, what: string): boolean {
  if (isThere || MUST_RUN) return false
  process.stderr.write(`not tested here, for want of ${what}\n`)
  return true
}
