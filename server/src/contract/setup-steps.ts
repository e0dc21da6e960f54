import { z } from 'zod'
import {
  certificateName,
  hostName,
  ipAddress,
  pemText,
  plainText,
  portNumber,
  secretValue,
  webAddress,
  wholeNumber,
} from './setup-fields.ts'

/** What each step of the setup asks for: for the wizard, the answer file and the server alike. */

export const SetupLanguage = z.enum(['en', 'ja'])

export const WelcomeValues = z.object({
  language: SetupLanguage.describe('Language of the pages'),
})

export const IdentityValues = z.object({
  title: plainText(60, 1).describe('Name of the registry, shown on its pages'),
  primaryName: hostName().describe('The name or address in front of every image: SERVER_HOSTNAME'),
  moreNames: z
    .array(certificateName())
    .max(64)
    .describe('Further names that the certificate carries; *.example is allowed'),
  addresses: z
    .array(ipAddress())
    .max(64)
    .describe('Addresses of this host that the certificate carries'),
  externalPort: portNumber()
    .nullable()
    .describe('The port that clients use, where a port forward changes it; null: the HTTPS port'),
})

const Outbound = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('direct') }),
  z.object({
    kind: z.literal('proxy'),
    httpProxy: webAddress().nullable(),
    httpsProxy: webAddress().nullable(),
    noProxy: z.array(plainText(255, 1)).max(256),
  }),
  z.object({ kind: z.literal('none') }).describe('This site is disconnected'),
])

const Audience = z.enum(['this-host', 'network'])

export const NetworkValues = z.object({
  family: z.enum(['dual-stack', 'IPv4', 'IPv6']).describe('FEATURE_LISTEN_IP_VERSION'),
  addresses: z
    .array(ipAddress())
    .max(64)
    .default([])
    .describe('Addresses of this host to listen on; empty: all of the family'),
  httpsPort: portNumber().describe('Port of the registry'),
  httpPort: portNumber().describe('Plain port: sends browsers to HTTPS and hands out ca.crt'),
  httpFor: Audience.default('network').describe('Who reaches the plain port'),
  metricsPort: portNumber().describe('Port of the Prometheus metrics'),
  metricsFor: Audience.default('this-host').describe('Who reaches the metrics'),
  tls13Only: z.boolean().describe('Refuse TLS 1.2'),
  outbound: Outbound.describe('How this host reaches other registries'),
})

export const KeyTypeName = z.enum(['ecdsa-p256', 'ecdsa-p384', 'rsa-3072', 'rsa-4096'])

const issuing = {
  keyType: KeyTypeName.describe('Key of the certificates made here'),
  serverDays: wholeNumber(1, 825).describe('Days that a server certificate is valid'),
}

/** A certificate with its key: PEM texts, or one PKCS#12 file. */
const KeyedMaterial = z.discriminatedUnion('format', [
  z.object({
    format: z.literal('pem'),
    certificate: pemText().describe('The certificate and its chain, in any order'),
    key: secretValue().describe('The private key in PEM'),
    passphrase: secretValue().nullable().describe('Of an encrypted key'),
  }),
  z.object({
    format: z.literal('pkcs12'),
    file: secretValue(1, 1_048_576).describe('The PKCS#12 file in base64'),
    passphrase: secretValue().nullable(),
  }),
])

/** Where the key of an authority is once it has signed the first certificate. */
const AuthorityKey = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('stored') }).describe('Here, so that certificates renew themselves'),
    z
      .object({ kind: z.literal('passphrase'), passphrase: secretValue(12, 1_024) })
      .describe('Here, behind a passphrase that every renewal asks for'),
    z
      .object({ kind: z.literal('offline'), passphrase: secretValue(12, 1_024) })
      .describe('Taken away after setup; the passphrase encrypts it until then and after'),
  ])
  .default({ kind: 'stored' })

const subject = {
  organization: plainText(64).describe('Organization in its name; may be empty'),
  country: z
    .string()
    .overwrite((text) => text.normalize('NFKC').trim().toUpperCase())
    .regex(/^(?:[A-Z]{2})?$/, 'must be two letters, or empty')
    .describe('Country in its name; may be empty'),
}

export const CertificatesValues = z.discriminatedUnion('kind', [
  z
    .object({
      kind: z.literal('create'),
      commonName: plainText(64, 1).describe('Name of the certificate authority'),
      ...subject,
      years: wholeNumber(1, 30).describe('Years that the authority is valid'),
      nameConstraints: z
        .boolean()
        .describe('The authority is good for the names of this registry only'),
      authorityKey: AuthorityKey,
      ...issuing,
    })
    .describe('Create a certificate authority here'),
  z
    .object({
      kind: z.literal('company'),
      authority: KeyedMaterial,
      authorityKey: AuthorityKey,
      ...issuing,
    })
    .describe('Use the key of a certificate authority that the company has'),
  z
    .object({ kind: z.literal('finished'), server: KeyedMaterial })
    .describe('Use a finished server certificate'),
  z
    .object({ kind: z.literal('request'), ...subject, keyType: issuing.keyType })
    .describe('Have it signed elsewhere; until then the registry shows a temporary certificate'),
])

const S3Location = z.object({
  kind: z.literal('s3'),
  endpoint: webAddress().describe('Address of the S3 service'),
  region: plainText(64).describe('Region; may be empty'),
  bucket: plainText(255, 3),
  prefix: plainText(512).describe('Path inside the bucket; may be empty'),
  accessKey: plainText(256, 1),
  secretKey: secretValue(),
  pathStyle: z.boolean().describe('The bucket is part of the path, not of the host name'),
  ca: pemText().nullable().describe('Authority of the endpoint, where no system knows it'),
})

export const StorageValues = z.object({
  where: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('disk'),
      path: z.string().min(1).max(4_096).describe('Folder for the content of images, absolute'),
    }),
    S3Location,
  ]),
  database: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('sqlite') }).describe('The built-in database'),
    z.object({
      kind: z.literal('postgresql'),
      host: hostName(),
      port: portNumber(),
      database: plainText(63, 1),
      user: plainText(63, 1),
      password: secretValue(),
      tls: z.enum(['disable', 'prefer', 'require', 'verify-ca', 'verify-full']),
      ca: pemText().nullable(),
    }),
  ]),
  warnAtPercent: wholeNumber(1, 99).describe('Use of the disk that is warned about'),
  stopAtPercent: wholeNumber(2, 100).describe('Use of the disk at which the server is unhealthy'),
  timeMachine: z
    .enum(['0s', '1d', '1w', '2w', '4w'])
    .describe('How long a deleted or moved tag can be brought back'),
})

export const AdminValues = z.object({
  username: plainText(255, 2)
    .regex(/^[a-z0-9]+(?:[._-][a-z0-9]+)*$/, 'may have a-z, 0-9 and single . _ - between them')
    .describe('Name of the first administrator'),
  email: plainText(254).describe('May be empty'),
  password: secretValue(12, 1_024).describe('At least 12 characters, no spaces'),
  anonymousPulls: z.boolean().describe('Public repositories can be pulled without a login'),
  selfRegistration: z.boolean().describe('People create accounts for themselves'),
  sessionDays: wholeNumber(1, 365).describe('Days until a browser has to sign in again'),
})

export const Upstream = z.object({
  name: plainText(64, 1).regex(/^[a-z0-9]+(?:[._-][a-z0-9]+)*$/),
  preset: plainText(32).describe('Where the card came from: docker-hub, quay, …; may be empty'),
  url: webAddress(),
  username: plainText(256).describe('May be empty'),
  password: secretValue().nullable(),
  mode: z.enum(['cache', 'schedule']).describe('Fetch when asked for, or by a plan'),
  organization: plainText(255, 2)
    .regex(/^[a-z0-9]+(?:[._-][a-z0-9]+)*$/)
    .describe('Where its images appear'),
  proxy: webAddress().nullable(),
  ca: pemText().nullable(),
  verifyTls: z.boolean(),
  bandwidthKiBps: wholeNumber(1, 100_000_000).nullable().describe('null: no limit'),
  content: z
    .array(
      z.object({
        repository: plainText(255, 1),
        tags: z.array(plainText(128, 1)).min(1).max(64).describe('Globs'),
        newest: wholeNumber(1, 10_000).nullable().describe('Only so many; null: all'),
        architectures: z.array(plainText(64, 1)).max(32).describe('Empty: all'),
        everyHours: wholeNumber(1, 8_760),
      }),
    )
    .max(1_000)
    .describe('What a scheduled mirror fetches'),
})

export const MirrorsValues = z.object({
  mode: z.enum(['connected', 'disconnected', 'both']),
  upstreams: z.array(Upstream).max(64),
})

export const ScanningValues = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('none') }),
  z.object({
    kind: z.literal('clair'),
    url: webAddress(),
    psk: secretValue().describe('The pre-shared key, in base64'),
    ca: pemText().nullable(),
    data: z.enum(['internet', 'bundles']).describe('Where Clair gets its vulnerability data'),
  }),
])

export const stepSchemas = {
  welcome: WelcomeValues,
  identity: IdentityValues,
  network: NetworkValues,
  certificates: CertificatesValues,
  storage: StorageValues,
  admin: AdminValues,
  mirrors: MirrorsValues,
  scanning: ScanningValues,
} as const

/** In their order. */
export const stepIds = [
  'welcome',
  'identity',
  'network',
  'certificates',
  'storage',
  'admin',
  'mirrors',
  'scanning',
] as const satisfies readonly (keyof typeof stepSchemas)[]

export type StepId = (typeof stepIds)[number]
export type StepValues = { readonly [Id in StepId]: z.output<(typeof stepSchemas)[Id]> }
export const StepId = z.enum(stepIds)

/** What a setup can be finished without. */
export const optionalSteps: ReadonlySet<StepId> = new Set(['mirrors', 'scanning'])
