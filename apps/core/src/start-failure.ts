/** Which failures to start are the environment's, and say what to do: they are shown without a stack. */
const EXPECTED = new Set([
  'ConfigError',
  'StoreUnavailableError',
  'NodeAuthorityError',
  'CertificateFileError',
  'TrustedDocumentsError',
  'NodeLinkUnavailableError',
  'ListenError',
])

export function isExpectedFailure(error: unknown): error is Error {
  return error instanceof Error && EXPECTED.has(error.name)
}
