import type { z } from 'zod'

import { BundleFault } from '../../bundles/bundle-fault.ts'
import type { BundleEntry, OpenBundle } from '../../bundles/bundle.ts'
import type { BundlePolicy } from '../../contract/mooring-bundle-values.ts'
import { matchesGlob } from './glob.ts'
import type { EntryClosure } from './opened-closure.ts'

export type ImportPolicy = z.output<typeof BundlePolicy>

/** Why the whole bundle may not come in, whatever else is right about it. */
export function policyRefusal(
  { signature }: Pick<OpenBundle, 'signature'>,
  neededBytes: number,
  { signed_by, max_bytes }: ImportPolicy,
): BundleFault | undefined {
  if (signed_by !== undefined) {
    const keyId = signature.kind === 'trusted' ? signature.keyId : undefined
    if (keyId === undefined || !signed_by.some((one) => one.toUpperCase() === keyId)) {
      return new BundleFault('policy-refused', `It has to be signed by ${signed_by.join(' or ')}.`)
    }
  }
  if (max_bytes !== undefined && neededBytes > max_bytes) {
    const about = `${String(neededBytes)} bytes come in, ${String(max_bytes)} are allowed.`
    return new BundleFault('policy-refused', about)
  }
  return undefined
}

/** What keeps one image out; undefined: it may come in. */
export function imageRefusal(
  {
    fullName,
    entry,
    closure,
  }: {
    readonly fullName: string
    readonly entry: BundleEntry
    readonly closure: EntryClosure
  },
  { repositories, media_types, max_image_bytes }: ImportPolicy,
): string | undefined {
  if (repositories?.some((pattern) => matchesGlob(pattern, fullName)) === false) {
    return `The policy names no repository ${fullName}.`
  }
  const types = [entry.mediaType, ...(entry.artifactType === undefined ? [] : [entry.artifactType])]
  const strange =
    media_types && types.find((type) => !media_types.some((one) => matchesGlob(one, type)))
  if (strange !== undefined) return `The policy does not take ${strange}.`
  const bytes = [...closure.blobs.values()].reduce((sum, size) => sum + size, 0)
  if (max_image_bytes !== undefined && bytes > max_image_bytes) {
    return `It has ${String(bytes)} bytes, and the policy takes ${String(max_image_bytes)}.`
  }
  return undefined
}
