import path from 'node:path'

import type { Random } from '../platform/random.ts'
import { BackupError } from './backup-codes.ts'
import { isMissing, type BackupTarget } from './backup-target.ts'
import { directoryTarget } from './directory-target.ts'
import type { S3Credentials } from './s3-target.ts'

/** What is read of the environment beside the credentials, which the client of S3 finds by itself. */
export type TargetEnvironment = Readonly<Record<string, string | undefined>>

const s3Scheme = 's3://'

/** Opens a directory or `s3://bucket/prefix[?endpoint=URL&region=NAME]`; does not look into it. */
export async function openTarget(
  address: string,
  {
    env,
    random,
    credentials,
    signal,
  }: {
    readonly env: TargetEnvironment
    readonly random: Random
    readonly credentials?: S3Credentials | undefined
    readonly signal?: AbortSignal | undefined
  },
): Promise<BackupTarget> {
  if (!address.startsWith(s3Scheme)) {
    if (/^[a-z0-9+]+:\/\//i.test(address)) {
      throw new BackupError('MOOR-BAK-001', `${address} is neither a directory nor s3://….`)
    }
    return directoryTarget(path.resolve(address), random)
  }
  const url = URL.parse(address)
  if (url === null || url.hostname === '') {
    throw new BackupError('MOOR-BAK-001', `${address} names no bucket.`)
  }
  const { s3Target } = await import('./s3-target.ts')
  return s3Target({
    bucket: url.hostname,
    prefix: decodeURIComponent(url.pathname).replaceAll(/^\/+|\/+$/g, ''),
    endpoint:
      url.searchParams.get('endpoint') ?? env['AWS_ENDPOINT_URL_S3'] ?? env['AWS_ENDPOINT_URL'],
    region: url.searchParams.get('region') ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'],
    credentials,
    signal,
  })
}

/** Makes sure that backups can be written there. */
export async function prepareTarget(target: BackupTarget): Promise<void> {
  try {
    await target.prepare()
  } catch (cause) {
    if (cause instanceof BackupError) throw cause
    const why = isMissing(cause) ? 'It does not exist.' : reason(cause)
    throw new BackupError('MOOR-BAK-001', `${target.title}: ${why}`, { cause })
  }
}

function reason(cause: unknown): string {
  return cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
}
