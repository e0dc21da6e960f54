import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  createAuthority,
  fingerprint,
  issueFromRequest,
  issueServerCertificate,
} from '@mooring/certs'
import type { Setting } from './settings.ts'
import type { Stage } from './stage.ts'

type Set = (stage: Stage) => Promise<Partial<Setting>> | Partial<Setting>

const area = '/api/v1/mooring/certificates'
const rollover = `${area}/authority/rollover`

async function ownAuthority({ server }: Stage) {
  const read = (name: string) => readFile(join(server.dataDir, 'config', name), 'utf8')
  return { certificatePem: await read('ca.crt'), keyPem: await read('ca.key') }
}

async function overview({ quay }: Stage) {
  return (await quay.get(area)) as {
    authority: { name: string }
    server: { certificate: { names: string[] } }
  }
}

/** A certificate that every client of the test goes on to accept. */
const finished: Set = async (stage) => {
  const authority = await ownAuthority(stage)
  const { names } = (await overview(stage)).server.certificate
  const pair = await issueServerCertificate({ authority, names, now: Date.now() })
  return {
    values: { pem: pair.certificatePem + pair.keyPem },
    without: ['files', 'passphrase'],
  }
}

const anAuthority = async () =>
  (await createAuthority({ commonName: 'Upstream', now: Date.now() })).certificatePem

const withoutRollover: Set = async ({ quay }) => {
  await quay.request('DELETE', rollover)
  return {}
}

/** What calls about the certificates of the server need. */
export const certificateSettings: Readonly<Record<string, Set>> = {
  renewCertificate: () => ({ without: ['names'] }),
  examineCertificate: finished,
  replaceCertificate: finished,
  rollBackCertificate: async ({ quay }) => {
    await quay.post(`${area}/renew`, {})
    return { without: ['id'] }
  },
  createCertificateRequest: () => ({ values: { country: 'JP' }, without: ['names'] }),
  completeCertificateRequest: async (stage) => {
    const { request } = (await stage.quay.post(`${area}/request`, {})) as { request: string }
    const authority = await ownAuthority(stage)
    const signed = await issueFromRequest({ authority, request, now: Date.now() })
    return { values: { pem: signed }, without: ['files'] }
  },
  discardCertificateRequest: async ({ quay }) => {
    await quay.post(`${area}/request`, {})
    return {}
  },
  getTrustInstructions: () => ({
    values: { host: 'registry.example.com:8443' },
    without: ['mirrors'],
  }),
  addTrustedAuthority: async () => ({
    values: { pem: await anAuthority() },
    without: ['server', 'name'],
  }),
  fetchServerAuthorities: ({ server }) => {
    const { hostname: host, port } = new URL(server.urls.https)
    return { values: { host, port: Number(port) } }
  },
  removeTrustedAuthority: async ({ quay }) => {
    const pem = await anAuthority()
    await quay.post(`${area}/trusted`, { pem })
    return { values: { fingerprint: fingerprint(pem) } }
  },
  exportAuthorityKey: async (stage) => ({
    values: {
      confirm: (await overview(stage)).authority.name,
      new_passphrase: 'correct horse battery',
    },
  }),
  renewAuthorityCertificate: withoutRollover,
  startAuthorityRollover: withoutRollover,
  cancelAuthorityRollover: async (stage) => {
    await withoutRollover(stage)
    await stage.quay.post(rollover, {})
    return {}
  },
}
