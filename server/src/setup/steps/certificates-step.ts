import { CertificatesValues } from '../../contract/setup-steps.ts'
import type { Step } from '../step.ts'
import { checkCertificates } from './certificates-check.ts'

const titles = {
  create: 'a certificate authority made here',
  company: "the company's certificate authority",
  finished: 'a finished certificate',
  request: 'signed elsewhere, a temporary one until then',
}

const keyPlaces = {
  stored: 'stored here, for renewal by itself',
  passphrase: 'stored here, behind a passphrase',
  offline: 'taken offline after setup',
}

export const certificatesStep: Step<'certificates'> = {
  id: 'certificates',
  schema: CertificatesValues,
  async defaults({ valuesOf }) {
    const { title } = await valuesOf('identity')
    return {
      kind: 'create',
      commonName: `${title} Root CA`.slice(0, 64),
      organization: '',
      country: '',
      years: 10,
      nameConstraints: false,
      authorityKey: { kind: 'stored' },
      keyType: 'ecdsa-p256',
      serverDays: 397,
    }
  },
  check: checkCertificates,
  summary: (values) => [
    { label: 'Certificate', value: titles[values.kind] },
    ...(values.kind === 'create'
      ? [{ label: 'Authority', value: `${values.commonName}, ${values.years} years` }]
      : []),
    ...('authorityKey' in values
      ? [{ label: 'Key of the authority', value: keyPlaces[values.authorityKey.kind] }]
      : []),
  ],
}
