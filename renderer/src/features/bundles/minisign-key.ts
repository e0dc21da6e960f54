const keyBytes = 42

export interface ReadKey {
  /** As minisign writes it. */
  readonly keyId: string
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** The public key in a file of minisign, or in its second line; undefined when there is none. */
export function readKey(text: string): ReadKey | undefined {
  const line = text
    .split(/\r?\n/)
    .map((one) => one.trim())
    .findLast((one) => /^[A-Za-z0-9+/]{56}$/.test(one))
  if (line === undefined) return undefined
  const bytes = Uint8Array.from(atob(line), (letter) => letter.charCodeAt(0))
  // "Ed" in front of an id, whose bytes are shown last first, and the key.
  if (bytes.length !== keyBytes || bytes[0] !== 0x45 || bytes[1] !== 0x64) return undefined
  const keyId = [...bytes.subarray(2, 10)]
    .reverse()
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')
    .toUpperCase()
  return { keyId, bytes }
}

/** What two people compare over the telephone; the server shows the same. */
export async function fingerprintOf({ bytes }: ReadKey): Promise<string> {
  const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  const hex = [...sum].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return (hex.slice(0, 40).match(/.{4}/g) ?? []).join(' ')
}
