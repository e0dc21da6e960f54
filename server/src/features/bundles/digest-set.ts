import { gunzip, gzip } from 'node:zlib'
import { promisify } from 'node:util'

import { isDigest, type Digest } from '../../storage/digest.ts'

const compress = promisify(gzip)
const decompress = promisify(gunzip)

/** Far more than a registry holds; a set that says otherwise is not one of ours. */
const largestSetBytes = 1024 * 1024 * 1024

export async function packDigests(digests: Iterable<Digest>): Promise<Buffer> {
  return compress([...digests].sort().join('\n'))
}

export async function unpackDigests(content: Buffer): Promise<Set<Digest>> {
  const text = await decompress(content, { maxOutputLength: largestSetBytes })
  return new Set(text.toString('latin1').split('\n').filter(isDigest))
}

export async function packJson(value: unknown): Promise<Buffer> {
  return compress(JSON.stringify(value))
}

export async function unpackJson(content: Buffer): Promise<unknown> {
  const text = await decompress(content, { maxOutputLength: largestSetBytes })
  return JSON.parse(text.toString('utf8')) as unknown
}
