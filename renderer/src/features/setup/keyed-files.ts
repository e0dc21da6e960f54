const blocks = /-----BEGIN ([A-Z0-9 ]+)-----[^-]+-----END \1-----\n?/g

/** Certificates and a key from files in any order: PEM texts, or one PKCS#12 file in base64. */
export async function readKeyed(
  files: readonly File[],
): Promise<{ certificate: string; key: string; file?: string }> {
  let [certificate, key] = ['', '']
  for (const file of files) {
    const bytes = new Uint8Array(await file.arrayBuffer())
    const text = new TextDecoder().decode(bytes)
    if (!text.includes('-----BEGIN')) {
      return { certificate: '', key: '', file: base64Of(bytes) }
    }
    for (const [block, kind = ''] of text.matchAll(blocks)) {
      if (kind.endsWith('PRIVATE KEY')) key += block.endsWith('\n') ? block : `${block}\n`
      else if (kind === 'CERTIFICATE') certificate += block.endsWith('\n') ? block : `${block}\n`
    }
  }
  return { certificate, key }
}

export function base64Of(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 8_192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8_192))
  }
  return btoa(text)
}
