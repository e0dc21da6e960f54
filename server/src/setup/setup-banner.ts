import type { OpenSetup } from './run-setup.ts'

/** What a person reads who starts a setup: where it is, and how to get in. */
export function setupBanner({
  url,
  localUrl,
  code,
  codeExpiresAt,
  fingerprint,
}: OpenSetup): string {
  return `Mooring waits for its setup at ${url}/setup
(through any name or address of this host; on this machine also ${localUrl}/setup)

  setup code   ${code}
  valid until  ${new Date(codeExpiresAt).toISOString()}

Browsers warn of the temporary certificate. Its SHA-256 fingerprint is

  ${fingerprint}

`
}
