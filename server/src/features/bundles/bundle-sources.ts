import path from 'node:path'
import type { z } from 'zod'

import { isFault, type BundleFault } from '../../bundles/bundle-fault.ts'
import { lookAtBundle } from '../../bundles/look-at-bundle.ts'
import { openBundle } from '../../bundles/open-bundle.ts'
import type { BundleManifest, OpenBundle } from '../../bundles/bundle.ts'
import type {
  BundleManifestView,
  BundleSignature,
  BundleSource,
} from '../../contract/mooring-bundle-values.ts'
import { Problem } from '../../problem.ts'
import type { BundlePlaces } from './bundle-places.ts'
import type { BundleUploads } from './bundle-upload-service.ts'
import type { EncryptionKeys } from './encryption-key-service.ts'
import { fingerprintOf } from './signing-key-service.ts'
import type { BundleTrust } from './trust-service.ts'

export type SignatureView = z.output<typeof BundleSignature>

export interface SeenBundle {
  readonly bundle: OpenBundle
  readonly signature: SignatureView
  /** Why it may not come in. */
  readonly refusal: BundleFault | undefined
  /** What is wrong with its volumes. */
  readonly faults: readonly BundleFault[]
}

export type BundleSources = ReturnType<typeof createBundleSources>

/** Finds bundles that people name, and says whose they are. */
export function createBundleSources({
  trust,
  encryption,
  uploads,
  places,
}: {
  trust: BundleTrust
  encryption: Pick<EncryptionKeys, 'identities'>
  uploads: Pick<BundleUploads, 'folderOf'>
  /** Absent on the command line, whose user may read whatever the system lets them. */
  places?: Pick<BundlePlaces, 'resolve'> | undefined
}) {
  async function describe(bundle: OpenBundle): Promise<SignatureView> {
    const { signature } = bundle
    if (signature.kind === 'unsigned') return unsigned
    const signer = await trust.signerOf(signature.keyId)
    return {
      state: signature.kind === 'trusted' ? 'trusted' : 'unknown-key',
      key_id: signature.keyId,
      signer: signer?.name ?? null,
      fingerprint: signer === undefined ? null : fingerprintOf(signer.key),
      public_key: signer?.key.text ?? null,
    }
  }

  return {
    /** The folders of a source. @throws Problem `rule-violated`, `not-found` */
    async pathsOf(source: z.output<typeof BundleSource>): Promise<readonly string[]> {
      const { path: place, upload_id } = source
      if ((place === undefined) === (upload_id === undefined)) {
        throw new Problem('rule-violated', { message: 'Name a path or an upload, one of the two.' })
      }
      if (upload_id !== undefined) return [await uploads.folderOf(upload_id)]
      return [await (places?.resolve(place ?? '') ?? path.resolve(place ?? ''))]
    },

    /** @throws BundleFault unless it is whole in its lists and signed with a key that is trusted. */
    async open(
      paths: readonly string[],
      {
        identity,
        signal,
      }: { readonly identity?: string | undefined; readonly signal: AbortSignal },
    ): Promise<OpenBundle> {
      const keys = await trust.keys()
      const identities = await encryption.identities(identity)
      return openBundle(paths, { keys, identities, signal })
    },

    /** Also one that may not come in, as long as one volume tells what it is. */
    async look(paths: readonly string[], identity?: string): Promise<SeenBundle> {
      const keys = await trust.keys()
      const identities = await encryption.identities(identity)
      try {
        const { bundle, faults } = await lookAtBundle(paths, { keys, identities })
        return { bundle, faults, signature: await describe(bundle), refusal: undefined }
      } catch (error) {
        const isForeign = isFault(error, 'key-unknown') || isFault(error, 'signature-missing')
        if (!isForeign) throw error
        const { bundle, faults } = await lookAtBundle(paths, { identities })
        return { bundle, faults, signature: await describe(bundle), refusal: error }
      }
    },

    /** Once more, before anything shows. @throws BundleFault `key-unknown` */
    requireStillTrusted: ({ signature }: Pick<OpenBundle, 'signature'>): Promise<void> =>
      trust.requireStillTrusted(signature),

    describe,
  }
}

const unsigned: SignatureView = {
  ...{ state: 'missing', key_id: null, signer: null, fingerprint: null, public_key: null },
}

export function manifestView(description: BundleManifest): z.output<typeof BundleManifestView> {
  const { id, created, source, stream, sequence, base, content, features } = description
  return {
    ...{ id, created, source_name: source.name, source_key_id: source.instance },
    ...{ stream: stream ?? null, sequence: sequence ?? null },
    base: { kind: base.kind, id: base.kind === 'none' ? null : base.id },
    ...{ entries: content.entries, blobs: content.blobs, assumed: content.assumed },
    ...{ bytes: content.bytes, features: [...features] },
  }
}
