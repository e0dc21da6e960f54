import { z } from 'zod'
import type { Digest } from '../storage/digest.ts'
import { bundleFormat, type BundleManifest, type BundlePlan } from './bundle.ts'
import { BundleFault } from './bundle-fault.ts'
import { isBundleId } from './bundle-id.ts'
import { DigestText, VolumeRows } from './bundle-lists.ts'
import { names } from './bundle-names.ts'
import { canonicalJson } from './canonical-json.ts'

/** `mooring/manifest.json`: what is signed, and from which the hashes of the lists hang. */
export const largestDescription = 16 * 2 ** 20
const version = '1.0'

const Name = z.string().min(1).max(255)

const Base = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({
    kind: z.enum(['receipt', 'bundle']),
    id: z.string().max(200),
    digestSet: DigestText,
  }),
])

/** The format within 1.x may grow: fields that are not known are passed over. */
const Description = z.object({
  format: z.literal(bundleFormat),
  id: z.string().refine(isBundleId),
  created: z.iso.datetime(),
  source: z.object({ name: z.string().max(255), instance: z.string().max(255) }),
  stream: Name.optional(),
  sequence: z.int().nonnegative().optional(),
  base: Base,
  content: z.object({
    entries: z.int().nonnegative(),
    blobs: z.int().nonnegative(),
    assumed: z.int().nonnegative(),
    bytes: z.int().nonnegative(),
  }),
  files: z.record(
    z.enum([names.index, 'entries.jsonl', 'blobs.jsonl', 'delete-proposal.jsonl']),
    DigestText.optional(),
  ),
  volumes: VolumeRows,
  features: z.array(Name).max(100),
  requires: z.object({ format: z.string().max(20) }),
})

/** Names in `files` and where they are. */
export const signedLists = {
  'index.json': names.index,
  'entries.jsonl': names.entries,
  'blobs.jsonl': names.blobs,
  'delete-proposal.jsonl': names.deletions,
} as const

export type SignedList = keyof typeof signedLists

export const signedListNames = Object.keys(signedLists) as readonly SignedList[]

/** What is known of the files of a volume when it is described. */
export interface VolumeRow {
  readonly n: number
  readonly bytes: number
  readonly sums: Digest
}

export function describeBundle(
  plan: BundlePlan,
  files: Readonly<Record<string, Digest>>,
  volumes: readonly VolumeRow[],
): BundleManifest {
  const shipped = plan.blobs.filter(({ isAssumed }) => !isAssumed)
  return {
    format: bundleFormat,
    id: plan.id,
    created: new Date(plan.createdAt).toISOString(),
    source: plan.source,
    stream: plan.stream,
    sequence: plan.sequence,
    base: plan.base,
    content: {
      entries: plan.entries.length,
      blobs: shipped.length,
      assumed: plan.blobs.length - shipped.length,
      bytes: shipped.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    },
    files,
    volumes,
    features: featuresOf(plan),
    requires: { format: version },
  }
}

export function featuresOf({ entries, features = [] }: BundlePlan): readonly string[] {
  const found = [
    ...(entries.some(({ role }) => role === 'referrer') ? ['referrers'] : []),
    ...(entries.some(({ absent }) => (absent?.length ?? 0) > 0) ? ['sparse-index'] : []),
  ]
  return [...new Set([...found, ...features])].sort()
}

export const descriptionText = (description: BundleManifest): string => canonicalJson(description)

/** The bytes as they were signed; a text that two readers could take differently is refused. */
export function parseDescription(bytes: Buffer, volume?: number): BundleManifest {
  const place = { volume, file: names.description }
  const text = bytes.toString('utf8')
  const json = parseJson(text)
  const stated = z
    .object({ format: z.string(), requires: z.object({ format: z.string() }).optional() })
    .safeParse(json)
  if (stated.success && isNewer(stated.data.format, stated.data.requires?.format)) {
    throw new BundleFault('format-unknown', `It is ${stated.data.format.slice(0, 100)}.`, place)
  }
  const parsed = Description.safeParse(json)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const about = `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`
    throw new BundleFault('manifest-invalid', about.slice(0, 300), place)
  }
  if (!isCanonical(json, text)) {
    throw new BundleFault('manifest-invalid', 'It is not in canonical form.', place)
  }
  const files: Record<string, Digest> = {}
  for (const [name, digest] of Object.entries(parsed.data.files)) {
    if (digest !== undefined) files[name] = digest
  }
  return { ...parsed.data, files }
}

function isCanonical(json: unknown, text: string): boolean {
  try {
    return canonicalJson(json) === text
  } catch (error) {
    // Deeper than anything that was ever written.
    if (error instanceof RangeError) return false
    throw error
  }
}

function isNewer(format: string, required = version): boolean {
  const [, major] = /^mooring\.bundle\/v(\d+)$/.exec(format) ?? []
  if (major !== undefined && Number(major) > 1) return true
  return Number(required.split('.', 1)[0]) > 1
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
