/** `sha256:0123456789ab`: enough to tell digests apart on a page. */
export function shortDigest(digest: string): string {
  const colon = digest.indexOf(':')
  return digest.slice(0, colon + 13)
}
