import { z } from 'zod'
import type { Digest } from '../storage/digest.ts'
import { BundleFault } from './bundle-fault.ts'
import { isBundleId } from './bundle-id.ts'
import { DigestText } from './bundle-lists.ts'
import { canonicalJson } from './canonical-json.ts'

const requestFormat = 'mooring.request/v1'
const largestText = 128 * 2 ** 20

/** `request.json`: what of a bundle's base the target does not have. */
export interface BundleRequest {
  /** The bundle that could not be imported. */
  readonly bundle: string
  /** The key id of the target. */
  readonly instance: string
  readonly digests: readonly Digest[]
}

const Request = z.object({
  format: z.literal(requestFormat),
  bundle: z.string().refine(isBundleId, 'is no id of a bundle'),
  instance: z.string().max(255),
  digests: z.array(DigestText).min(1).max(1_000_000),
})

export function requestText({ bundle, instance, digests }: BundleRequest): string {
  const sorted = [...new Set(digests)].sort()
  return `${canonicalJson({ format: requestFormat, bundle, instance, digests: sorted })}\n`
}

/** @throws BundleFault `request-invalid` */
export function readRequest(text: string): BundleRequest {
  if (text.length > largestText) throw new BundleFault('request-invalid', 'It is too long.')
  const parsed = Request.safeParse(parseJson(text))
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const about = `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`
    throw new BundleFault('request-invalid', about.slice(0, 300))
  }
  const { bundle, instance, digests } = parsed.data
  return { bundle, instance, digests }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
