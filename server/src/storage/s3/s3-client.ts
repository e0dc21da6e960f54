import type * as Library from '@aws-sdk/client-s3'
import type { S3Settings } from './s3-settings.ts'

/** The parts of Amazon's library that are used: loaded when a bucket is configured, not before. */
export type S3Library = typeof Library

export interface S3Connection {
  readonly sdk: S3Library
  readonly client: Library.S3Client
  readonly settings: S3Settings
}

const attempts = 4
const connectTimeoutMs = 5_000
/** To the head of an answer. */
const answerTimeoutMs = 60_000

/** Authorities are those that the process trusts, the extra ones of the configuration included. */
export async function connectS3(settings: S3Settings): Promise<S3Connection> {
  const sdk = await import('@aws-sdk/client-s3')
  const { endpoint, region, credentials } = settings
  // A client that reads slowly keeps its connection, so their number is that of the clients.
  const agent = { keepAlive: true, maxSockets: Infinity }
  const client = new sdk.S3Client({
    region,
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    ...(credentials !== undefined && {
      credentials: {
        accessKeyId: credentials.accessKeyId,
        secretAccessKey: credentials.secretAccessKey.reveal(),
        ...(credentials.sessionToken !== undefined && {
          sessionToken: credentials.sessionToken.reveal(),
        }),
      },
    }),
    maxAttempts: attempts,
    requestHandler: {
      connectionTimeout: connectTimeoutMs,
      requestTimeout: answerTimeoutMs,
      throwOnRequestTimeout: true,
      httpAgent: agent,
      httpsAgent: agent,
    },
    // Servers that are not Amazon's know no trailing checksums; content has its digest anyway.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
  return { sdk, client, settings }
}
