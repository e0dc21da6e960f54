import { promisify } from 'node:util'
import { zstdCompress, zstdDecompress } from 'node:zlib'
import { z } from 'zod'
import type { Instant } from '../platform/clock.ts'
import type { Digest } from '../storage/digest.ts'
import { isDigest } from '../storage/digest.ts'
import { BundleFault } from './bundle-fault.ts'
import { digestSetOf, isBundleId, readBundleId } from './bundle-id.ts'
import { DigestText } from './bundle-lists.ts'
import { canonicalJson } from './canonical-json.ts'
import { signDetached, verifyDetached, type PublicKey, type SecretKey } from './minisign.ts'

const receiptFormat = 'mooring.receipt/v1'
const largestFile = 256 * 2 ** 20
const largestText = 1024 * 2 ** 20
const signatureLines = 4

/** What a target has: with it the source leaves out what need not travel. */
export interface Receipt {
  /** The key id of the target. */
  readonly instance: string
  /** A name for people. */
  readonly name: string
  readonly createdAt: Instant
  readonly digests: readonly Digest[]
  /** The last ones that were imported, the latest first. */
  readonly bundles: readonly string[]
  readonly results: readonly { readonly bundle: string; readonly state: string }[]
  readonly freeBytes?: number | undefined
  /** References that were asked for there and not found. */
  readonly wanted: readonly string[]
}

export interface VerifiedReceipt extends Receipt {
  /** Of all its digests: what a bundle made for it names as its base. */
  readonly digestSet: Digest
  /** The key that signed it. */
  readonly keyId: string
}

const Header = z.object({
  format: z.literal(receiptFormat),
  instance: z.string().max(255),
  name: z.string().max(255),
  created: z.iso.datetime(),
  digestSet: DigestText,
  digests: z.int().nonnegative(),
  bundles: z.array(z.string().refine(isBundleId)).max(10_000),
  results: z.array(z.object({ bundle: z.string().max(26), state: z.string().max(50) })).max(10_000),
  freeBytes: z.int().nonnegative().optional(),
  wanted: z.array(z.string().max(1000)).max(100_000),
})

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)

/**
 * One file: the four lines of a minisign signature, then the zstd text that they sign, with a line
 * of JSON and one digest a line. SHA-256 digests are bare.
 */
export async function createReceipt(receipt: Receipt, secret: SecretKey): Promise<Buffer> {
  const digests = [...new Set(receipt.digests)].sort()
  const header = {
    format: receiptFormat,
    instance: receipt.instance,
    name: receipt.name,
    created: new Date(receipt.createdAt).toISOString(),
    digestSet: digestSetOf(digests),
    digests: digests.length,
    bundles: receipt.bundles,
    results: receipt.results,
    freeBytes: receipt.freeBytes,
    wanted: receipt.wanted,
  }
  const lines = [canonicalJson(header), ...digests.map((digest) => digest.replace(/^sha256:/, ''))]
  const payload = await compress(lines.map((line) => `${line}\n`).join(''))
  const signature = signDetached(payload, secret, `${receiptFormat} ${header.created}`)
  return Buffer.concat([Buffer.from(signature), payload])
}

/**
 * The signature is checked before anything is unpacked.
 * @throws BundleFault `receipt-invalid`, `key-unknown`, `signature-wrong`
 */
export async function readReceipt(
  file: Buffer,
  keys: readonly PublicKey[],
): Promise<VerifiedReceipt> {
  if (file.length > largestFile) throw invalid('It is too large.')
  const end = endOfLines(file, signatureLines)
  if (end === undefined) throw invalid('It does not begin with a signature.')
  const payload = file.subarray(end)
  const { keyId } = verifyDetached(payload, file.subarray(0, end).toString('utf8'), keys)
  const text = await decompress(payload, { maxOutputLength: largestText }).catch(
    (cause: unknown) => {
      throw invalid('It cannot be unpacked.', cause)
    },
  )
  const [first = '', ...lines] = text.toString('utf8').split('\n')
  const header = Header.safeParse(parseJson(first))
  if (!header.success) throw invalid(header.error.issues[0]?.message)
  const digests = lines.filter((line) => line !== '').map(digestOfLine)
  const {
    created,
    digestSet,
    digests: count,
    instance,
    name,
    bundles,
    results,
    wanted,
  } = header.data
  if (digests.length !== count || digestSetOf(digests) !== digestSet) {
    throw invalid('Its list of digests is not whole.')
  }
  return {
    ...{ instance, name, createdAt: Date.parse(created), digests, digestSet, keyId },
    ...{ bundles, results, wanted, freeBytes: header.data.freeBytes },
  }
}

function digestOfLine(line: string): Digest {
  const digest = line.includes(':') ? line : `sha256:${line}`
  if (!isDigest(digest)) throw invalid('It has a line that is no digest.')
  return digest
}

function endOfLines(file: Buffer, count: number): number | undefined {
  let at = 0
  for (let line = 0; line < count; line++) {
    const end = file.indexOf(10, at)
    if (end === -1 || end > 4096) return undefined
    at = end + 1
  }
  return at
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The short form, for paper, telephones and QR codes: ids of the last imported bundles. */
export const summaryText = ({ bundles }: Pick<Receipt, 'bundles'>): string =>
  bundles.slice(0, 20).join('\n')

/** Reads ids as people type them. @throws BundleFault `receipt-invalid` */
export function readSummary(text: string): readonly string[] {
  const words = text
    .slice(0, 10_000)
    .split(/[\n,;]+/)
    .map((word) => word.trim())
    .filter((word) => word !== '')
  const ids = words.map((word) => {
    const id = readBundleId(word)
    if (id === undefined) throw invalid(`"${word.slice(0, 60)}" is no id of a bundle.`)
    return id
  })
  if (ids.length === 0) throw invalid('It names no bundle.')
  return ids
}

const invalid = (about?: string, cause?: unknown) =>
  new BundleFault('receipt-invalid', about, {}, { cause })
