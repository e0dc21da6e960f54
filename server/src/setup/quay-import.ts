import { gunzipSync } from 'node:zlib'
import { z } from 'zod'
import type { StepId } from '../contract/setup-steps.ts'
import { parseSettings } from '../features/config-editor/read-bundle.ts'
import { reasonOf, SetupError } from './setup-codes.ts'

type Answers = Partial<Record<StepId, Record<string, unknown>>>

export interface QuayImport {
  /** Of the steps, as an answer file has them. */
  readonly steps: Answers
  /** Keys and files that say something in a step. */
  readonly taken: readonly string[]
  readonly left: readonly { readonly key: string; readonly reason: string }[]
}

const mostBytes = 32 * 1024 * 1024
const mostFiles = 1_000

/** A config.yaml, or a bundle as tar.gz. @throws SetupError when it is neither */
export async function readQuay(file: Buffer): Promise<QuayImport> {
  try {
    const isPacked = file[0] === 0x1f && file[1] === 0x8b
    const files = isPacked ? await unpack(file) : new Map([['config.yaml', file]])
    const text = files.get('config.yaml')?.toString('utf8')
    if (text === undefined) throw new Error('there is no config.yaml in it')
    return mapSettings(parseSettings(text), files)
  } catch (error) {
    throw new SetupError('MOOR-SET-029', { reason: reasonOf(error) }, { cause: error })
  }
}

async function unpack(file: Buffer): Promise<Map<string, Buffer>> {
  const { Parser } = await import('tar')
  const files = new Map<string, Buffer>()
  const parser = new Parser({
    strict: true,
    onReadEntry: (entry) => {
      const chunks: Buffer[] = []
      entry.on('data', (chunk) => chunks.push(chunk))
      entry.on('end', () => {
        const name = entry.path.replace(/^(?:\.\/)+/, '')
        if (entry.type === 'File' && files.size < mostFiles) files.set(name, Buffer.concat(chunks))
      })
    },
  })
  const ended = new Promise((resolve, reject) => {
    parser.on('end', resolve)
    parser.on('error', reject)
  })
  parser.end(gunzipSync(file, { maxOutputLength: mostBytes }))
  await ended
  return files
}

const text = z.string().min(1)
const isTrue = z.boolean()
const Location = z.tuple([z.string(), z.record(z.string(), z.unknown())])

function mapSettings(
  settings: Readonly<Record<string, unknown>>,
  files: ReadonlyMap<string, Buffer>,
): QuayImport {
  const steps: Record<string, Record<string, unknown>> = {}
  const taken: string[] = []
  const left: { key: string; reason: string }[] = []
  const put = (step: StepId, values: Record<string, unknown>) => {
    steps[step] = { ...steps[step], ...values }
  }
  /** Takes a value over where it is of the kind that the step needs. */
  const take = <T>(key: string, kind: z.ZodType<T>, use: (value: T) => boolean) => {
    const parsed = kind.safeParse(settings[key])
    if (parsed.success && use(parsed.data)) taken.push(key)
  }
  const always =
    <T>(use: (value: T) => void) =>
    (value: T) => {
      use(value)
      return true
    }

  take('SERVER_HOSTNAME', text, (value) => {
    const url = URL.parse(`https://${value}`)
    if (url === null) return false
    const primaryName = url.hostname.replace(/^\[(.*)\]$/, '$1')
    put('identity', { primaryName, externalPort: url.port === '' ? 443 : Number(url.port) })
    return true
  })
  take(
    'REGISTRY_TITLE',
    text,
    always((title) => {
      put('identity', { title: title.slice(0, 60) })
    }),
  )
  take(
    'FEATURE_LISTEN_IP_VERSION',
    z.enum(['IPv4', 'IPv6', 'dual-stack']),
    always((family) => {
      put('network', { family })
    }),
  )
  take(
    'SSL_PROTOCOLS',
    z.array(z.string()),
    always((protocols) => {
      put('network', { tls13Only: protocols.join() === 'TLSv1.3' })
    }),
  )
  take(
    'DEFAULT_TAG_EXPIRATION',
    z.enum(['0s', '1d', '1w', '2w', '4w']),
    always((timeMachine) => {
      put('storage', { timeMachine })
    }),
  )
  take('SUPER_USERS', z.array(text), ([username]) => {
    if (username === undefined) return false
    put('admin', { username })
    return true
  })
  take(
    'FEATURE_ANONYMOUS_ACCESS',
    isTrue,
    always((anonymousPulls) => {
      put('admin', { anonymousPulls })
    }),
  )
  take(
    'FEATURE_USER_CREATION',
    isTrue,
    always((selfRegistration) => {
      put('admin', { selfRegistration })
    }),
  )
  for (const key of ['FEATURE_REPO_MIRROR', 'FEATURE_PROXY_CACHE']) {
    take(key, isTrue, (isConnected) => {
      if (isConnected) put('mirrors', { mode: 'connected' })
      return isConnected
    })
  }
  take('SECURITY_SCANNER_V4_ENDPOINT', text, (url) => {
    const psk = text.safeParse(settings['SECURITY_SCANNER_V4_PSK'])
    if (!psk.success) return false
    put('scanning', { kind: 'clair', url, psk: psk.data, ca: null, data: 'internet' })
    taken.push('SECURITY_SCANNER_V4_PSK')
    return true
  })
  take('DISTRIBUTED_STORAGE_CONFIG', z.record(z.string(), Location), (locations) => {
    const [location] = Object.values(locations)
    const where = location === undefined ? undefined : bucketOf(location)
    if (where !== undefined) put('storage', { where })
    return where !== undefined
  })
  const certificate = files.get('ssl.cert')?.toString('utf8')
  const key = files.get('ssl.key')?.toString('utf8')
  if (certificate !== undefined && key !== undefined) {
    const server = { format: 'pem', certificate, key, passphrase: null }
    put('certificates', { kind: 'finished', server })
    taken.push('ssl.cert', 'ssl.key')
  }
  for (const name of [...Object.keys(settings), ...files.keys()]) {
    if (name === 'config.yaml' || taken.includes(name)) continue
    left.push({ key: name, reason: reasons[name] ?? reasonOfFile(name) })
  }
  return { steps, taken, left }
}

const reasons: Readonly<Record<string, string>> = {
  DB_URI: 'the tables of Quay are others: choose a database of its own',
  DISTRIBUTED_STORAGE_CONFIG: 'content is not taken over from there: push or mirror it',
  SECRET_KEY: 'this registry draws its own',
  DATABASE_SECRET_KEY: 'this registry draws its own',
}

function reasonOfFile(name: string): string {
  return name.startsWith('extra_ca_certs/')
    ? 'put it into extra_ca_certs of the config folder after setup'
    : 'no step asks for it: where it still matters, set it in config.yaml after setup'
}

/** The account of a bucket, below a folder of its own: what Quay keeps there is laid out otherwise. */
function bucketOf([engine, values]: z.output<typeof Location>): unknown {
  const of = (name: string) => (typeof values[name] === 'string' ? values[name] : '')
  const prefix = `${of('storage_path').replaceAll(/^\/+|\/+$/g, '')}/mooring`.replace(/^\//, '')
  if (engine === 'S3Storage') {
    const endpoint = of('endpoint_url')
    if (endpoint === '') return undefined
    return {
      ...{ kind: 's3', endpoint, region: of('s3_region'), bucket: of('s3_bucket'), prefix },
      ...{ accessKey: of('s3_access_key'), secretKey: of('s3_secret_key') },
      ...{ pathStyle: false, ca: null },
    }
  }
  if (engine !== 'RadosGWStorage' && engine !== 'RHOCSStorage') return undefined
  const port = typeof values['port'] === 'number' ? `:${values['port']}` : ''
  const endpoint = `${values['is_secure'] === false ? 'http' : 'https'}://${of('hostname')}${port}`
  return {
    ...{ kind: 's3', endpoint, region: of('region_name'), bucket: of('bucket_name'), prefix },
    ...{ accessKey: of('access_key'), secretKey: of('secret_key'), pathStyle: true, ca: null },
  }
}
