import type { StepId } from '@mooring/server/contract/setup-steps'
import { getLocale } from '../../paraglide/runtime.js'
import { filled, noSecret, sentSecret, sentSecretOrNull, type Secret } from './secret.ts'

/**
 * What a person fills in at each step: the fields of every choice side by side, under the names that
 * the server knows them by. `read` takes what the server has, `write` makes what it wants.
 */
export interface DraftKind<Draft> {
  read(values: unknown): Draft
  write(draft: Draft): unknown
}

const textOrNull = (text: string) => (text.trim() === '' ? null : text)

export interface Keyed {
  format: string
  certificate: string
  key: Secret
  /** PKCS#12 in base64. */
  file: Secret
  passphrase: Secret
}
const noKeyed = (): Keyed => ({
  format: 'pem',
  certificate: '',
  key: noSecret(),
  file: noSecret(),
  passphrase: noSecret(),
})
function sentKeyed({ format, certificate, key, file, passphrase }: Keyed) {
  return format === 'pkcs12'
    ? { format, file: sentSecret(file), passphrase: sentSecretOrNull(passphrase) }
    : { format, certificate, key: sentSecret(key), passphrase: sentSecretOrNull(passphrase) }
}

const welcome = {
  read: (values: unknown) => filled({ language: 'en' }, values),
  // That of the page: it can be switched on every step.
  write: () => ({ language: getLocale() }),
}

const identity = {
  read: (values: unknown) =>
    filled(
      {
        title: '',
        primaryName: '',
        moreNames: [] as string[],
        addresses: [] as string[],
        externalPort: null as number | null,
      },
      values,
    ),
  write: (draft: unknown) => draft,
}

const readNetwork = (values: unknown) => ({
  ...filled(
    {
      family: 'dual-stack',
      addresses: [] as string[],
      httpsPort: 8443,
      httpPort: 8080,
      httpFor: 'network',
      metricsPort: 9091,
      metricsFor: 'this-host',
      tls13Only: false,
      outbound: { kind: 'direct', httpProxy: '', httpsProxy: '', noProxy: [] as string[] },
    },
    values,
  ),
})

const network = {
  read: readNetwork,
  write(draft: ReturnType<typeof readNetwork>) {
    const { kind, httpProxy, httpsProxy, noProxy } = draft.outbound
    const proxies = {
      httpProxy: textOrNull(httpProxy),
      httpsProxy: textOrNull(httpsProxy),
      noProxy,
    }
    return { ...draft, outbound: { kind, ...(kind === 'proxy' && proxies) } }
  },
}

const readCertificates = (values: unknown) =>
  filled(
    {
      kind: 'create',
      commonName: '',
      organization: '',
      country: '',
      years: 10,
      nameConstraints: false,
      authorityKey: { kind: 'stored', passphrase: noSecret() },
      keyType: 'ecdsa-p256',
      serverDays: 397,
      authority: noKeyed(),
      server: noKeyed(),
    },
    values,
  )

const certificates = {
  read: readCertificates,
  write(draft: ReturnType<typeof readCertificates>) {
    const { kind, commonName, organization, country, years, nameConstraints, keyType } = draft
    const { serverDays, authority, server, authorityKey: wanted } = draft
    const authorityKey =
      wanted.kind === 'stored'
        ? { kind: wanted.kind }
        : { kind: wanted.kind, passphrase: sentSecret(wanted.passphrase) }
    const issuing = { keyType, serverDays }
    switch (kind) {
      case 'company':
        return { kind, authority: sentKeyed(authority), authorityKey, ...issuing }
      case 'finished':
        return { kind, server: sentKeyed(server) }
      case 'request':
        return { kind, organization, country, keyType }
      default:
        return {
          ...{ kind, commonName, organization, country, years, nameConstraints },
          ...{ authorityKey, ...issuing },
        }
    }
  },
}

const readStorage = (values: unknown) =>
  filled(
    {
      where: {
        kind: 'disk',
        path: '',
        endpoint: '',
        region: '',
        bucket: '',
        prefix: '',
        accessKey: '',
        secretKey: noSecret(),
        pathStyle: false,
        ca: '',
      },
      database: {
        kind: 'sqlite',
        host: '',
        port: 5432,
        database: 'mooring',
        user: 'mooring',
        password: noSecret(),
        tls: 'prefer',
        ca: '',
      },
      warnAtPercent: 80,
      stopAtPercent: 95,
      timeMachine: '2w',
    },
    values,
  )

const storage = {
  read: readStorage,
  write({ where, database, ...rest }: ReturnType<typeof readStorage>) {
    const { path, kind, secretKey, ca, ...bucket } = where
    const { password, ca: databaseCa, ...server } = database
    return {
      ...rest,
      where:
        kind === 'disk'
          ? { kind, path }
          : { kind, ...bucket, secretKey: sentSecret(secretKey), ca: textOrNull(ca) },
      database:
        database.kind === 'sqlite'
          ? { kind: 'sqlite' }
          : { ...server, password: sentSecret(password), ca: textOrNull(databaseCa) },
    }
  },
}

const readAdmin = (values: unknown) =>
  filled(
    {
      username: 'admin',
      email: '',
      password: noSecret(),
      /** Typed twice; the server never sees it. */
      repeated: noSecret(),
      anonymousPulls: false,
      selfRegistration: false,
      sessionDays: 31,
    },
    values,
  )

const admin = {
  read: readAdmin,
  write({ repeated: _repeated, password, ...rest }: ReturnType<typeof readAdmin>) {
    return { ...rest, password: sentSecret(password) }
  },
}

export interface ContentDraft {
  repository: string
  tags: string[]
  newest: number | null
  architectures: string[]
  everyHours: number | null
}
export const noContent = (): ContentDraft => ({
  repository: '',
  tags: ['latest'],
  newest: null,
  architectures: [],
  everyHours: 24,
})

export interface UpstreamDraft {
  name: string
  preset: string
  url: string
  username: string
  password: Secret
  mode: string
  organization: string
  proxy: string
  ca: string
  verifyTls: boolean
  bandwidthKiBps: number | null
  content: ContentDraft[]
}
export const noUpstream = (): UpstreamDraft => ({
  name: '',
  preset: '',
  url: 'https://',
  username: '',
  password: noSecret(),
  mode: 'cache',
  organization: '',
  proxy: '',
  ca: '',
  verifyTls: true,
  bandwidthKiBps: null,
  content: [],
})

const mirrors = {
  read(values: unknown) {
    const given = filled({ mode: 'disconnected', upstreams: [] as unknown[] }, values ?? undefined)
    const upstreams = given.upstreams.map((upstream) => {
      const draft = filled(noUpstream(), upstream)
      return { ...draft, content: draft.content.map((one) => filled(noContent(), one)) }
    })
    return { mode: given.mode, upstreams }
  },
  write: ({ mode, upstreams }: { mode: string; upstreams: UpstreamDraft[] }) => ({
    mode,
    upstreams: upstreams.map((upstream) => ({
      ...upstream,
      password: sentSecretOrNull(upstream.password),
      proxy: textOrNull(upstream.proxy),
      ca: textOrNull(upstream.ca),
      content: upstream.mode === 'schedule' ? upstream.content : [],
    })),
  }),
}

/** Whether something is fetched as soon as the registry runs. */
export const fetchesContent = ({ mode, upstreams }: ReturnType<typeof mirrors.read>) =>
  mode !== 'disconnected' &&
  upstreams.some((upstream) => upstream.mode === 'schedule' && upstream.content.length > 0)

const readScanning = (values: unknown) =>
  filled({ kind: 'none', url: '', psk: noSecret(), ca: '', data: 'internet' }, values)

const scanning = {
  read: readScanning,
  write: ({ kind, url, psk, ca, data }: ReturnType<typeof readScanning>) =>
    kind === 'none' ? { kind } : { kind, url, psk: sentSecret(psk), ca: textOrNull(ca), data },
}

export const draftKinds = {
  welcome,
  identity,
  network,
  certificates,
  storage,
  admin,
  mirrors,
  scanning,
} satisfies { readonly [Id in StepId]: object }

export type Drafts = { readonly [Id in StepId]: ReturnType<(typeof draftKinds)[Id]['read']> }
