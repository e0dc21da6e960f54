import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { SourceBlob } from './blob-sources.ts'

const run = promisify(execFile)

export interface Request {
  readonly url: string
  readonly authorization: string
  readonly signal: AbortSignal
  readonly extra?: readonly string[]
}

export interface Answer {
  readonly seconds: number
  readonly headers: ReadonlyMap<string, string>
}

// `Expect` is left out: waiting for a permission that one server gives sooner is not the work.
const always = [
  '--silent',
  '--show-error',
  '--insecure',
  '--output',
  '/dev/null',
  '--header',
  'Expect:',
]

/** One request, timed by curl itself: the start of its process does not count. */
export async function curl({ url, authorization, signal, extra = [] }: Request): Promise<Answer> {
  const format = '%{http_code} %{time_total}'
  const args = [...always, '--dump-header', '-', '--write-out', format, ...extra]
  args.push('--header', `Authorization: ${authorization}`, url)
  const { stdout } = await run('curl', args, { signal, maxBuffer: 1 << 20 })
  const lines = stdout.split(/\r?\n/)
  const [status = '', seconds = ''] = (lines.at(-1) ?? '').split(' ')
  if (!status.startsWith('2')) throw new Error(`${url} answered ${status}`)
  const headers = new Map(
    lines.flatMap((line): [string, string][] => {
      const colon = line.indexOf(':')
      return colon > 0 ? [[line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]] : []
    }),
  )
  return { seconds: Number(seconds), headers }
}

export interface Target {
  /** `http://host:port` or `https://host:port` */
  readonly origin: string
  readonly repository: string
  readonly authorization: string
  readonly signal: AbortSignal
}

/**
 * Pushes a blob as docker, podman, skopeo and crane do: POST, one PATCH with everything, PUT.
 * @returns seconds of the three requests together.
 */
export async function pushBlob(target: Target, blob: SourceBlob): Promise<number> {
  const { origin, repository, authorization, signal } = target
  const send = (url: string, extra: readonly string[]) =>
    curl({ url, authorization, signal, extra })
  const next = (answer: Answer, from: string) =>
    new URL(answer.headers.get('location') ?? '', from).href

  const startUrl = `${origin}/v2/${repository}/blobs/uploads/`
  const started = await send(startUrl, ['--request', 'POST', '--header', 'Content-Length: 0'])
  const uploadUrl = next(started, startUrl)
  const octets = ['--header', 'Content-Type: application/octet-stream']
  const patched = await send(uploadUrl, [
    '--request',
    'PATCH',
    ...octets,
    '--upload-file',
    blob.file,
  ])
  const commitUrl = new URL(next(patched, uploadUrl))
  commitUrl.searchParams.set('digest', blob.digest)
  const put = ['--request', 'PUT', '--header', 'Content-Length: 0']
  const committed = await send(commitUrl.href, put)
  return started.seconds + patched.seconds + committed.seconds
}

/** Pulls a blob and throws its bytes away. */
export async function pullBlob(target: Target, blob: SourceBlob): Promise<number> {
  const { origin, repository, authorization, signal } = target
  const url = `${origin}/v2/${repository}/blobs/${blob.digest}`
  const { seconds, headers } = await curl({ url, authorization, signal })
  if (Number(headers.get('content-length')) !== blob.sizeBytes) {
    throw new Error(`${url} did not announce ${blob.sizeBytes} bytes`)
  }
  return seconds
}

export async function pushManifest(
  target: Target,
  reference: string,
  mediaType: string,
  file: string,
): Promise<void> {
  const { origin, repository, authorization, signal } = target
  await curl({
    url: `${origin}/v2/${repository}/manifests/${reference}`,
    authorization,
    signal,
    extra: [
      '--request',
      'PUT',
      '--header',
      `Content-Type: ${mediaType}`,
      '--data-binary',
      `@${file}`,
    ],
  })
}
