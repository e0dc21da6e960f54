import type { S3Connection } from './s3-client.ts'
import type { S3Keys } from './s3-keys.ts'

/** Ends the multipart uploads of blobs that began before a time: those that a crash left behind. */
export async function sweepTransfers(
  { client, sdk }: S3Connection,
  keys: S3Keys,
  before: number,
): Promise<number> {
  let removed = 0
  let marker: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {}
  while (marker !== undefined) {
    const page: Awaited<ReturnType<typeof list>> = await list(marker)
    for (const { Key = '', UploadId, Initiated } of page.Uploads ?? []) {
      if (!keys.isBlob(Key) || Initiated === undefined || Initiated.getTime() > before) continue
      const upload = { Bucket: keys.bucket, Key, UploadId }
      await client.send(new sdk.AbortMultipartUploadCommand(upload)).catch((error: unknown) => {
        if (!(error instanceof Error && error.name === 'NoSuchUpload')) throw error
      })
      removed++
    }
    const { IsTruncated, NextKeyMarker, NextUploadIdMarker } = page
    marker =
      IsTruncated === true && NextKeyMarker !== undefined
        ? {
            KeyMarker: NextKeyMarker,
            ...(NextUploadIdMarker !== undefined && { UploadIdMarker: NextUploadIdMarker }),
          }
        : undefined
  }
  return removed

  function list(from: { KeyMarker?: string; UploadIdMarker?: string }) {
    const Prefix = `${keys.lead}sha`
    return client.send(
      new sdk.ListMultipartUploadsCommand({ Bucket: keys.bucket, Prefix, ...from }),
    )
  }
}
