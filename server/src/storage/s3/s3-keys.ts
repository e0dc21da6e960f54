import { digestAlgorithm, digestHex, type Digest } from '../digest.ts'
import type { S3Settings } from './s3-settings.ts'

/**
 * Where things lie in a bucket, as in Quay's:
 *
 *     <prefix>/sha256/<first two hex digits>/<hex>     a verified blob
 *     <prefix>/_verify                                 what a check of the storage writes
 */
export function s3Keys({ bucket, prefix }: Pick<S3Settings, 'bucket' | 'prefix'>) {
  const lead = prefix === '' ? '' : `${prefix}/`
  return {
    bucket,
    lead,
    at: (name: string) => ({ Bucket: bucket, Key: `${lead}${name}` }),
    blob(digest: Digest) {
      const hex = digestHex(digest)
      return this.at(`${digestAlgorithm(digest)}/${hex.slice(0, 2)}/${hex}`)
    },
    isBlob: (key: string) =>
      key.startsWith(lead) && /^sha(?:256|512)\/[0-9a-f]{2}\//.test(key.slice(lead.length)),
  }
}

export type S3Keys = ReturnType<typeof s3Keys>
