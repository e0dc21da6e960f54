import type { BundlePlan } from './bundle.ts'
import { BundleFault } from './bundle-fault.ts'
import { isBundleId } from './bundle-id.ts'
import { isFullReference } from './bundle-lists.ts'

/** The longest manifest that a registry takes. */
export const largestManifest = 4 * 2 ** 20
export const limits = {
  entries: 500_000,
  blobs: 2_000_000,
} as const

/** @throws BundleFault `plan-invalid`, `too-large` before anything is written. */
export function checkPlan(plan: BundlePlan): void {
  if (!isBundleId(plan.id)) throw invalid(`${plan.id.slice(0, 50)} is no id.`)
  if (plan.entries.length > limits.entries) throw tooMany('entries', limits.entries)
  if (plan.blobs.length > limits.blobs) throw tooMany('blobs', limits.blobs)
  const manifests = new Map<string, number>()
  const digests = new Set<string>()
  for (const { digest, kind, isAssumed, sizeBytes, mediaType } of plan.blobs) {
    if (digests.has(digest)) throw invalid(`${digest} is there twice.`)
    digests.add(digest)
    if (kind !== 'blob' && isAssumed) throw invalid(`${digest} is a ${kind} and not shipped.`)
    if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) throw invalid(`${digest} has no size.`)
    if (kind !== 'manifest') continue
    if (mediaType === undefined) throw invalid(`${digest} has no media type.`)
    if (sizeBytes > largestManifest) throw new BundleFault('too-large', `The manifest ${digest}.`)
    manifests.set(digest, sizeBytes)
  }
  const references = new Set<string>()
  for (const { reference, digest, sizeBytes } of plan.entries) {
    if (!isFullReference(reference))
      throw invalid(`${reference.slice(0, 300)} is no full reference.`)
    if (references.has(reference)) throw invalid(`${reference} is there twice.`)
    references.add(reference)
    if (manifests.get(digest) !== sizeBytes)
      throw invalid(`${reference} has no manifest ${digest}.`)
    if (reference.includes('@') && !reference.endsWith(`@${digest}`)) {
      throw invalid(`${reference} is not ${digest}.`)
    }
  }
  const strange = plan.deletions?.find((reference) => !isFullReference(reference))
  if (strange !== undefined) throw invalid(`${strange.slice(0, 300)} is no full reference.`)
}

const invalid = (about: string) => new BundleFault('plan-invalid', about)
const tooMany = (what: string, most: number) =>
  new BundleFault('too-large', `It has more than ${String(most)} ${what}.`)
