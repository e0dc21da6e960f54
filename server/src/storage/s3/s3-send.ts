import type { FileHandle } from 'node:fs/promises'
import type { CompletedPart, PutObjectCommandInput } from '@aws-sdk/client-s3'
import type { PartMemory } from './part-memory.ts'
import type { S3Connection } from './s3-client.ts'

interface Sending extends S3Connection {
  readonly memory: PartMemory
  readonly file: FileHandle
  readonly sizeBytes: number
  readonly at: { readonly Bucket: string; readonly Key: string }
  readonly signal: AbortSignal
}

/** S3 takes 10,000 parts. */
const partsAtMost = 9_000
const partsAtOnce = 4

/** Makes a file an object, which is seen when all of it has arrived and not before. */
export async function sendFile(sending: Sending): Promise<void> {
  const { sizeBytes, settings } = sending
  if (sizeBytes <= settings.partBytes) await sendWhole(sending)
  else await sendInParts(sending)
}

const encryption = (encrypts: boolean): Pick<PutObjectCommandInput, 'ServerSideEncryption'> =>
  encrypts ? { ServerSideEncryption: 'AES256' } : {}

async function sendWhole(sending: Sending): Promise<void> {
  const { client, sdk, at, sizeBytes, settings, signal } = sending
  await withBytes(sending, 0, sizeBytes, (Body) =>
    client.send(
      new sdk.PutObjectCommand({
        ...at,
        Body,
        ContentLength: sizeBytes,
        ContentType: 'application/octet-stream',
        ...encryption(settings.encrypts),
      }),
      { abortSignal: signal },
    ),
  )
}

async function sendInParts(sending: Sending): Promise<void> {
  const { client, sdk, at, settings, signal } = sending
  const { UploadId } = await client.send(
    new sdk.CreateMultipartUploadCommand({
      ...at,
      ContentType: 'application/octet-stream',
      ...encryption(settings.encrypts),
    }),
    { abortSignal: signal },
  )
  try {
    const Parts = await sendParts(sending, UploadId)
    await complete(sending, UploadId, Parts)
  } catch (error) {
    // What this leaves behind when the service is gone, the sweep of transfers removes.
    const abort = new sdk.AbortMultipartUploadCommand({ ...at, UploadId })
    await client.send(abort, { abortSignal: AbortSignal.timeout(5_000) }).catch(() => undefined)
    throw error
  }
}

async function sendParts(
  sending: Sending,
  UploadId: string | undefined,
): Promise<readonly CompletedPart[]> {
  const { client, sdk, at, sizeBytes, settings } = sending
  const partBytes = Math.max(settings.partBytes, Math.ceil(sizeBytes / partsAtMost))
  const count = Math.ceil(sizeBytes / partBytes)
  const parts: CompletedPart[] = []
  const failed = new AbortController()
  const abortSignal = AbortSignal.any([sending.signal, failed.signal])
  let next = 0

  async function work(): Promise<void> {
    for (let index = next++; index < count; index = next++) {
      abortSignal.throwIfAborted()
      const start = index * partBytes
      const length = Math.min(partBytes, sizeBytes - start)
      const PartNumber = index + 1
      const { ETag } = await withBytes(sending, start, length, (Body) =>
        client.send(
          new sdk.UploadPartCommand({ ...at, UploadId, PartNumber, Body, ContentLength: length }),
          { abortSignal },
        ),
      )
      parts[index] = { PartNumber, ETag }
    }
  }

  const workers = Array.from({ length: Math.min(partsAtOnce, count) }, () =>
    work().catch((error: unknown) => {
      failed.abort(error)
    }),
  )
  await Promise.all(workers)
  // The first that failed is the reason, not those that it stopped.
  failed.signal.throwIfAborted()
  return parts
}

/**
 * An answer can be lost after the service has done its work, and a service can say that it has when it
 * has not: the object itself decides.
 */
async function complete(
  { client, sdk, at, sizeBytes, signal }: Sending,
  UploadId: string | undefined,
  parts: readonly CompletedPart[],
): Promise<void> {
  const options = { abortSignal: signal }
  const MultipartUpload = { Parts: [...parts] }
  const completing = new sdk.CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload })
  const failure = await failureOf(client.send(completing, options))
  try {
    const { ContentLength } = await client.send(new sdk.HeadObjectCommand(at), options)
    if (ContentLength === sizeBytes) return
    throw new Error(`the object has ${String(ContentLength)} of ${String(sizeBytes)} bytes`)
  } catch (error) {
    throw failure ?? error
  }
}

async function failureOf(work: Promise<unknown>): Promise<Error | undefined> {
  try {
    await work
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

async function withBytes<T>(
  { file, memory, settings }: Sending,
  start: number,
  length: number,
  send: (bytes: Uint8Array) => Promise<T>,
): Promise<T> {
  // Small ones take what they need, so that many of them go side by side.
  const isPart = length > settings.partBytes / 4 && length <= settings.partBytes
  const block = await memory.take(isPart ? settings.partBytes : Math.max(length, 1))
  const bytes = block.bytes.subarray(0, length)
  let done = false
  try {
    for (let at = 0; at < length;) {
      const { bytesRead } = await file.read(bytes, at, length - at, start + at)
      if (bytesRead === 0) throw new Error('the upload is shorter than it was when verified')
      at += bytesRead
    }
    const result = await send(bytes)
    done = true
    return result
  } finally {
    if (done) block.give()
    else block.forget()
  }
}
