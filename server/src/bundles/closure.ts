import { setImmediate } from 'node:timers/promises'
import { z } from 'zod'
import type { Digest } from '../storage/digest.ts'
import type { OpenBundle } from './bundle.ts'
import { BundleFault } from './bundle-fault.ts'
import { DigestText } from './bundle-lists.ts'

const Link = z.object({
  digest: DigestText,
  mediaType: z.string().optional(),
  urls: z.array(z.string()).nullish(),
})

const Manifest = z.object({
  config: Link.optional(),
  layers: z.array(Link).optional(),
  blobs: z.array(Link).optional(),
  manifests: z.array(Link).optional(),
})

export interface ManifestLinks {
  readonly children: readonly Digest[]
  /** Config and layers that a registry has to hold. */
  readonly blobs: readonly Digest[]
}

/** @returns undefined when the text is no manifest. */
export function linksOf(bytes: Buffer): ManifestLinks | undefined {
  const parsed = Manifest.safeParse(parseJson(bytes.toString('utf8')))
  if (!parsed.success) return undefined
  const { config, layers = [], blobs = [], manifests = [] } = parsed.data
  // Layers that live elsewhere by licence need not be carried.
  const carried = [...layers, ...blobs].filter(
    ({ mediaType = '', urls }) =>
      (urls ?? []).length === 0 || !/nondistributable|rootfs\.foreign/.test(mediaType),
  )
  return {
    children: manifests.map(({ digest }) => digest),
    blobs: [...(config === undefined ? [] : [config]), ...carried].map(({ digest }) => digest),
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const pauseEvery = 200

/** Every image names only what the bundle has, assumes, or says is absent. */
export async function* findClosureFaults(
  bundle: Pick<OpenBundle, 'blobs' | 'entries' | 'find' | 'manifest'>,
): AsyncGenerator<BundleFault> {
  const absent = new Set(bundle.entries.flatMap((entry) => entry.absent ?? []))
  for (const { reference, digest } of bundle.entries) {
    if (bundle.find(digest)?.kind !== 'manifest') yield incomplete(reference, digest)
  }
  let count = 0
  for (const { digest, kind } of bundle.blobs) {
    if (kind !== 'manifest') continue
    const links = linksOf((await bundle.manifest(digest)).bytes)
    if (links === undefined) {
      yield new BundleFault('closure-incomplete', 'It is no manifest.', { file: digest, digest })
      continue
    }
    for (const child of links.children) {
      if (bundle.find(child)?.kind !== 'manifest' && !absent.has(child)) {
        yield incomplete(digest, child)
      }
    }
    for (const blob of links.blobs) {
      if (bundle.find(blob) === undefined) yield incomplete(digest, blob)
    }
    if (++count % pauseEvery === 0) await setImmediate()
  }
}

const incomplete = (owner: string, digest: Digest) =>
  new BundleFault('closure-incomplete', `It needs ${digest}.`, { file: owner, digest })
