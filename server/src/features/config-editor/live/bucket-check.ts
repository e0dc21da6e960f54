import type { S3ServiceException } from '@aws-sdk/client-s3'
import type { S3Keys, S3Target } from '../live-checks.ts'
import { causeOf, within } from './cause.ts'
import type { Trust } from './trust.ts'

const answerWithinMs = 3_000

/** Whether a bucket is there; nothing is written to it. */
export async function checkBucket(
  location: string,
  { bucket, keys, endpoint, region }: S3Target,
  trust: Trust,
): Promise<string | undefined> {
  if (endpoint !== undefined && !URL.canParse(endpoint)) {
    return `Invalid endpoint configuration: ${endpoint.slice(0, 200)}`
  }
  const { HeadBucketCommand, S3Client } = await import('@aws-sdk/client-s3')
  const client = new S3Client({
    region,
    maxAttempts: 1,
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    ...(keys !== undefined && { credentials: credentialsOf(keys) }),
    requestHandler: {
      connectionTimeout: answerWithinMs,
      requestTimeout: answerWithinMs,
      httpsAgent: { ca: trust.authorities() },
    },
  })
  try {
    if (keys === undefined) {
      try {
        await within(answerWithinMs, client.config.credentials())
      } catch (error) {
        return `No access key or secret key were provided. Attempted to fetch credentials from default chain and failed: ${causeOf(error)}`
      }
    }
    await within(answerWithinMs, client.send(new HeadBucketCommand({ Bucket: bucket })))
    return undefined
  } catch (error) {
    const status = statusOf(error)
    const cause = causeOf(error, keys?.secret, keys?.sessionToken)
    if (status === undefined) return `Could not connect to storage ${location}. Error: ${cause}`
    if (status === 404) return `Could not find bucket (${bucket}) in storage (${location})`
    const answer = `${cause} (status ${String(status)})`
    return `An error occurred while attempting to connect to ${location} storage. Error: ${answer}`
  } finally {
    client.destroy()
  }
}

function credentialsOf({ id, secret, sessionToken }: S3Keys) {
  return {
    accessKeyId: id,
    secretAccessKey: secret,
    ...(sessionToken !== undefined && { sessionToken }),
  }
}

/** Of the answer; undefined when there was none. */
function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined
  return (error as S3ServiceException).$metadata.httpStatusCode
}
