import type { S3Client } from '@aws-sdk/client-s3'
import type { Clock } from '../platform/clock.ts'
import type { Random } from '../platform/random.ts'
import {
  doubtful,
  fine,
  probing,
  reasonOf,
  wrong,
  type Outcome,
  type Probe,
  type ProbeContext,
} from './probe.ts'

export interface BucketToProbe {
  /** Undefined: Amazon's own, by region. */
  readonly endpoint: string | undefined
  readonly region: string
  readonly bucket: string
  readonly prefix: string
  /** Undefined: what the machine is allowed, as the tools of Amazon find it. */
  readonly credentials:
    { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined
  readonly pathStyle: boolean
  /** PEM, beside those that this process trusts. */
  readonly ca: readonly string[]
  readonly random: Random
}

/** The least size of a part that is not the last one. */
const partBytes = 5 * 1024 * 1024
const patienceMs = 20_000
const largestSkewMs = 60_000
const refusedSkewMs = 15 * 60_000

/** The service answered, and not with what it should. */
class WrongAnswer extends Error {
  override readonly name = 'WrongAnswer'
}

/** Does in a bucket what a registry does, and takes it away again. */
export async function* probeBucket(wanted: BucketToProbe, context: ProbeContext): Probe {
  const { bucket, random } = wanted
  const service = wanted.endpoint ?? 'Amazon S3'
  const dates = { serverMs: Number.NaN, seenAt: 0 }
  const client = await openClient(wanted, context.clock, dates)
  const sdk = await import('@aws-sdk/client-s3')
  const prefix = wanted.prefix.replaceAll(/^\/+|\/+$/g, '')
  const lead = `${prefix === '' ? '' : `${prefix}/`}.mooring-trial-${random.bytes(6).toString('hex')}`
  const at = (name: string) => ({ Bucket: bucket, Key: `${lead}/${name}` })
  const options = { abortSignal: context.signal }
  const content = random.bytes(1024)
  // Set in a callback, which the compiler does not follow.
  let hasWritten = false as boolean

  const step = (action: string, trying: string, work: () => Promise<string>) =>
    probing(context, `s3:${action}`, trying, async () => {
      try {
        return fine(await work())
      } catch (error) {
        return explain(error, wanted, action, dates)
      }
    })
  const steps = [
    step('put', `Writing an object to ${bucket}`, async () => {
      await client.send(new sdk.PutObjectCommand({ ...at('one'), Body: content }), options)
      hasWritten = true
      return `${service} took an object into ${bucket}`
    }),
    step('multipart', 'Writing an object in parts', async () => {
      const { UploadId } = await client.send(
        new sdk.CreateMultipartUploadCommand(at('two')),
        options,
      )
      const parts = [Buffer.alloc(partBytes, content), content]
      const Parts = []
      try {
        for (const [index, Body] of parts.entries()) {
          const PartNumber = index + 1
          const part = { ...at('two'), UploadId, PartNumber, Body }
          const { ETag } = await client.send(new sdk.UploadPartCommand(part), options)
          Parts.push({ PartNumber, ETag })
        }
        const whole = { ...at('two'), UploadId, MultipartUpload: { Parts } }
        await client.send(new sdk.CompleteMultipartUploadCommand(whole), options)
      } catch (error) {
        const abort = new sdk.AbortMultipartUploadCommand({ ...at('two'), UploadId })
        await client.send(abort).catch(() => undefined)
        throw error
      }
      return 'An object was written in two parts'
    }),
    step('range', 'Reading a part of an object', async () => {
      const range = { ...at('two'), Range: `bytes=${partBytes}-${partBytes + 99}` }
      const { Body } = await client.send(new sdk.GetObjectCommand(range), options)
      const found = Buffer.from((await Body?.transformToByteArray()) ?? [])
      if (!found.equals(content.subarray(0, 100))) throw new WrongAnswer('it answered other bytes')
      return 'A range of an object was read'
    }),
    step('list', 'Listing objects', async () => {
      const { Contents = [] } = await client.send(
        new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix: `${lead}/` }),
        options,
      )
      const keys = Contents.map(({ Key }) => Key)
      if (!keys.includes(at('one').Key)) throw new WrongAnswer('an object is missing in the list')
      return 'The objects are listed'
    }),
    step('delete', 'Deleting objects', async () => {
      for (const name of ['one', 'two']) {
        await client.send(new sdk.DeleteObjectCommand(at(name)), options)
      }
      return 'The objects were deleted'
    }),
  ]
  try {
    for (const one of steps) if ((yield* one) === 'failed') return 'failed'
    return yield* probing(context, 's3:clock', 'Comparing the clocks', () => judgeSkew(dates))
  } finally {
    const names = hasWritten ? ['one', 'two'] : []
    const cleaning = names.map((name) => client.send(new sdk.DeleteObjectCommand(at(name))))
    await Promise.allSettled(cleaning)
    client.destroy()
  }
}

interface Dates {
  serverMs: number
  seenAt: number
}

async function openClient(
  { endpoint, region, credentials, pathStyle, ca }: BucketToProbe,
  clock: Clock,
  dates: Dates,
): Promise<S3Client> {
  const [{ S3Client: Client }, tls] = await Promise.all([
    import('@aws-sdk/client-s3'),
    import('node:tls'),
  ])
  const client = new Client({
    ...(endpoint !== undefined && { endpoint }),
    region: region === '' ? 'us-east-1' : region,
    ...(credentials !== undefined && { credentials }),
    forcePathStyle: pathStyle,
    maxAttempts: 2,
    requestHandler: {
      connectionTimeout: 5_000,
      requestTimeout: patienceMs,
      throwOnRequestTimeout: true,
      httpsAgent: { ca: [...tls.getCACertificates('default'), ...ca] },
    },
    // Servers that are not Amazon's know no trailing checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args)
      const date = dateOf(result.response)
      if (!Number.isNaN(date)) Object.assign(dates, { serverMs: date, seenAt: clock.now() })
      return result
    },
    { step: 'deserialize', name: 'serverDate' },
  )
  return client
}

function dateOf(response: unknown): number {
  if (typeof response !== 'object' || response === null || !('headers' in response)) return NaN
  const headers = response.headers as Readonly<Record<string, string>>
  return Date.parse(headers['date'] ?? '')
}

function judgeSkew({ serverMs, seenAt }: Dates): Outcome {
  if (Number.isNaN(serverMs)) return fine('The service does not say what time it is there')
  const seconds = Math.round((seenAt - serverMs) / 1000)
  if (Math.abs(seconds) * 1000 >= refusedSkewMs) return wrong('MOOR-STO-023', { seconds })
  if (Math.abs(seconds) * 1000 >= largestSkewMs) return doubtful('MOOR-STO-023', { seconds })
  return fine('The clocks agree', { seconds })
}

const refused = new Set([
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'AccessDenied',
  'Forbidden',
  'AuthorizationHeaderMalformed',
])

function explain(error: unknown, wanted: BucketToProbe, action: string, dates: Dates): Outcome {
  const { endpoint = 'Amazon S3', bucket } = wanted
  const name = error instanceof Error ? error.name : ''
  const status = statusOf(error)
  const said = reasonOf(error)
  const reason = said === '' || said === 'UnknownError' ? `${name} ${status ?? ''}`.trim() : said
  if (name === 'RequestTimeTooSkewed') {
    const seconds = Math.round((dates.seenAt - dates.serverMs) / 1000)
    return wrong('MOOR-STO-023', { seconds: Number.isNaN(seconds) ? 900 : seconds })
  }
  if (name === 'NoSuchBucket') return wrong('MOOR-STO-021', { bucket })
  if (refused.has(name) || status === 401 || status === 403) {
    return wrong('MOOR-STO-022', { bucket, reason: said === '' ? name : said })
  }
  if (error instanceof WrongAnswer) return wrong('MOOR-STO-024', { endpoint, action, reason })
  if (status === undefined) return wrong('MOOR-STO-020', { endpoint, reason })
  return wrong('MOOR-STO-024', { endpoint, action, reason })
}

function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined
  const { httpStatusCode } = error.$metadata as { httpStatusCode?: number }
  return httpStatusCode
}
