/**
 * The library that writes certificates. Loading it costs more than the rest of a server's start
 * together, so it waits for the day when something is issued; reading uses Node's own parser.
 */
export async function loadX509() {
  await import('reflect-metadata')
  return import('@peculiar/x509')
}
