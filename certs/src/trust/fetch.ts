import { quoted, type CheckedTarget, type TrustInstruction } from './target.ts'

export function fetchAndCompare({ httpUrl, fingerprint }: CheckedTarget): TrustInstruction {
  return {
    client: 'fetch',
    title: 'Fetch the CA and compare its fingerprint',
    shell: 'sh',
    check: [],
    undo: [],
    commands: [
      `curl -fsSo mooring-ca.crt ${quoted(`${httpUrl}/ca.crt`)}`,
      'openssl x509 -in mooring-ca.crt -noout -fingerprint -sha256',
    ],
    note: `must print sha256 Fingerprint=${fingerprint}`,
  }
}
