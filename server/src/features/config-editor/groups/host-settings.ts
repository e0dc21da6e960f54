import { X509Certificate } from 'node:crypto'
import { checkKeyMatches } from '@mooring/certs'
import type { Check, FieldGroup } from '../field-group.ts'

const schemes = ['http', 'https']

export const hostSettings: FieldGroup = {
  name: 'HostSettings',
  fields: {
    SERVER_HOSTNAME: { type: 'string' },
    PREFERRED_URL_SCHEME: { type: 'string', usual: 'http' },
    EXTERNAL_TLS_TERMINATION: { type: 'bool', usual: false },
  },
  check(check) {
    const hostname = check.text('SERVER_HOSTNAME')
    check.required('SERVER_HOSTNAME')
    check.hostname('SERVER_HOSTNAME')
    const scheme = check.text('PREFERRED_URL_SCHEME')
    if (!schemes.includes(scheme)) {
      check.add('PREFERRED_URL_SCHEME must be one of http, https.', 'PREFERRED_URL_SCHEME')
    }
    if (scheme === 'https' && !check.flag('EXTERNAL_TLS_TERMINATION')) checkPair(check, hostname)
  },
}

function checkPair(check: Check, hostname: string): void {
  const { certs } = check
  const add = (message: string) => {
    check.add(message, 'Certificates')
  }
  if (certs.size === 0) {
    add('Certificates are required for SSL but are not present')
    return
  }
  const [certificate, key] = [certs.get('ssl.cert'), certs.get('ssl.key')]
  for (const [name, file] of [['ssl.cert', certificate] as const, ['ssl.key', key] as const]) {
    if (file === undefined) add(`Certificate ${name} is required for HostSettings .`)
  }
  if (certificate === undefined || key === undefined) return
  const host = hostname.replace(/:[0-9]+$/, '').replace(/^\[(.*)\]$/, '$1')
  try {
    if (!checkKeyMatches(certificate.toString('latin1'), key.toString('latin1'))) {
      add('the private key in ssl.key does not match the certificate in ssl.cert')
      return
    }
    const leaf = new X509Certificate(certificate)
    if (leaf.checkHost(host) === undefined && leaf.checkIP(host) === undefined) {
      const names = leaf.subjectAltName ?? leaf.subject
      add(`the certificate is not valid for ${host}: it names ${names}`)
    }
  } catch (error) {
    add(error instanceof Error ? error.message : 'the certificate is unreadable')
  }
}
