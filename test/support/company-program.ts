import { createAuthority, issueFromRequest, issueServerCertificate, toPkcs12 } from '@mooring/certs'

/** Run as a program by company.ts. */
const [operation, text = ''] = process.argv.slice(2)
const now = Date.now()
const authority = await createAuthority({ commonName: 'Company', years: 1, now })

async function work(): Promise<unknown> {
  switch (operation) {
    case 'issue':
      return issueServerCertificate({ authority, names: [text], now })
    case 'sign':
      return issueFromRequest({ authority, request: text, now })
    case 'pkcs12': {
      const { certificatePem, keyPem } = authority
      const bundle = await toPkcs12({ certificatePem, keyPem, password: text })
      return Buffer.from(bundle).toString('base64')
    }
    default:
      throw new Error(`unknown operation ${operation ?? ''}`)
  }
}

process.stdout.write(JSON.stringify(await work()))
