import { quoted, type CheckedTarget, type TrustInstruction } from './target.ts'

export function fetchAndCompare({ url, httpUrl, fingerprint }: CheckedTarget): TrustInstruction {
  const source =
    httpUrl === undefined
      ? `curl -kfsSo mooring-ca.crt ${quoted(`${url}/ca.crt`)}`
      : `curl -fsSo mooring-ca.crt ${quoted(`${httpUrl}/ca.crt`)}`
  return {
    client: 'fetch',
    title: 'Fetch the CA and compare its fingerprint',
    shell: 'sh',
    commands: [source, 'openssl x509 -in mooring-ca.crt -noout -fingerprint -sha256'],
    check: [
      `openssl x509 -in mooring-ca.crt -noout -fingerprint -sha256 | grep -qix 'sha256 fingerprint=${fingerprint}' && echo same`,
    ],
    undo: ['rm mooring-ca.crt'],
    note: `must print sha256 Fingerprint=${fingerprint}`,
  }
}
