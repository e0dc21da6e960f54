import type { Readable } from 'node:stream'

import {
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  NotFound,
  S3Client,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'

import type { BackupTarget } from './backup-target.ts'

export interface S3Settings {
  readonly bucket: string
  /** Without slashes at its ends; may be empty. */
  readonly prefix: string
  readonly endpoint?: string | undefined
  readonly region?: string | undefined
  /** Instead of those that the AWS tools would find. */
  readonly credentials?: S3Credentials | undefined
  /** Ends what is under way, however long the bucket takes to answer. */
  readonly signal?: AbortSignal | undefined
}

export interface S3Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

const mebibyte = 1024 * 1024
/** A bucket that says nothing for so long is gone. */
const silenceMs = 60_000
const connectMs = 10_000
const smallestPart = 8 * mebibyte
/** S3 takes 10,000. */
const partsAtMost = 9_000

/**
 * A bucket. An object is seen when all of it has arrived, so nothing more is needed for a whole file.
 * The credentials are those of the environment or the machine, as the AWS tools find them.
 */
export function s3Target({
  bucket,
  prefix,
  endpoint,
  region,
  credentials,
  signal: stopping,
}: S3Settings): BackupTarget {
  const client = new S3Client({
    region: region ?? 'us-east-1',
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    ...(credentials && { credentials }),
    // Servers that are not Amazon's know no trailing checksums; content has its digest anyway.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: connectMs, socketTimeout: silenceMs },
  })
  const until = stopping === undefined ? {} : { abortSignal: stopping }
  const lead = prefix === '' ? '' : `${prefix}/`
  const at = (name: string) => ({ Bucket: bucket, Key: `${lead}${name}` })

  async function list(folder: string): Promise<ReadonlyMap<string, number>> {
    const found = new Map<string, number>()
    let token: string | undefined
    do {
      const page = await client.send(
        new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: `${lead}${folder}/`,
          ...(token !== undefined && { ContinuationToken: token }),
        }),
        until,
      )
      for (const { Key = '', Size = 0 } of page.Contents ?? []) {
        found.set(Key.slice(lead.length), Size)
      }
      token = page.NextContinuationToken
    } while (token !== undefined)
    return found
  }

  async function removeAll(names: readonly string[]): Promise<void> {
    for (let from = 0; from < names.length; from += 1000) {
      const Objects = names.slice(from, from + 1000).map((name) => ({ Key: at(name).Key }))
      const { Errors = [] } = await client.send(
        new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }),
        until,
      )
      const [failed] = Errors
      if (failed !== undefined)
        throw new Error(`cannot remove ${failed.Key ?? ''}: ${failed.Message ?? ''}`)
    }
  }

  return {
    title: `s3://${bucket}${prefix === '' ? '' : `/${prefix}`}`,

    async prepare() {
      await client.send(new HeadBucketCommand({ Bucket: bucket }), until)
    },

    list,

    async size(name) {
      try {
        return (await client.send(new HeadObjectCommand(at(name)), until)).ContentLength
      } catch (error) {
        if (error instanceof NotFound) return undefined
        throw error
      }
    },

    async read(name) {
      try {
        const { Body } = await client.send(new GetObjectCommand(at(name)), until)
        // On Node the body is a stream of Node.
        return Body as Readable
      } catch (error) {
        if (!(error instanceof NoSuchKey)) throw error
        throw Object.assign(new Error(`no such object: ${name}`), { code: 'ENOENT' })
      }
    },

    async write(name, source, { sizeBytes = 0, signal }) {
      signal?.throwIfAborted()
      const upload = new Upload({
        client,
        params: { ...at(name), Body: source },
        partSize: Math.max(smallestPart, Math.ceil(sizeBytes / partsAtMost)),
        queueSize: 2,
      })
      const abort = () => {
        upload.abort().catch(() => undefined)
      }
      signal?.addEventListener('abort', abort, { once: true })
      try {
        await upload.done()
      } catch (error) {
        source.destroy()
        throw error
      } finally {
        signal?.removeEventListener('abort', abort)
      }
    },

    remove: (name) => removeAll([name]),

    async removeFolder(folder) {
      await removeAll([...(await list(folder)).keys()])
    },

    close() {
      client.destroy()
      return Promise.resolve()
    },
  }
}
