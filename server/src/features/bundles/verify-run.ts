import { z } from 'zod'

import { isFault, type BundleFault } from '../../bundles/bundle-fault.ts'
import type { BundleManifest, VerifyReport } from '../../bundles/bundle.ts'
import { verifyBundle } from '../../bundles/verify-bundle.ts'
import { BundleSource } from '../../contract/mooring-bundle-values.ts'
import { faultFact, type JobOutcome, type JobRun } from './bundle-job.ts'
import type { BundleSources, SignatureView } from './bundle-sources.ts'
import type { EncryptionKeys } from './encryption-key-service.ts'
import { ReadSecrets } from './job-secrets.ts'
import { fingerprintOf } from './signing-key-service.ts'
import type { BundleTrust } from './trust-service.ts'

export const VerifyOptions = z.object({
  source: BundleSource,
  paths: z.array(z.string()).optional(),
})

/** Reads every byte of a bundle and compares it with the lists that its source signed. */
export function createVerifyRun({
  sources,
  trust,
  encryption,
}: {
  sources: BundleSources
  trust: BundleTrust
  encryption: Pick<EncryptionKeys, 'identities'>
}) {
  async function signatureOf({ signature }: VerifyReport): Promise<SignatureView> {
    if (signature.kind === 'unsigned') {
      return { state: 'missing', key_id: null, signer: null, fingerprint: null, public_key: null }
    }
    const signer = await trust.signerOf(signature.keyId)
    return {
      state: signature.kind === 'trusted' ? 'trusted' : 'unknown-key',
      key_id: signature.keyId,
      signer: signer?.name ?? null,
      fingerprint: signer === undefined ? null : fingerprintOf(signer.key),
      public_key: signer?.key.text ?? null,
    }
  }

  return async (run: JobRun): Promise<JobOutcome> => {
    const options = VerifyOptions.parse(run.options)
    const paths = options.paths ?? (await sources.pathsOf(options.source))
    await run.describe({ path: paths.join(', ') })
    const { meter, signal } = run
    meter.enter('verifying')
    const { identity } = ReadSecrets.parse(run.secrets ?? {})
    const identities = await encryption.identities(identity)
    const check = async (keys?: Awaited<ReturnType<BundleTrust['keys']>>) =>
      verifyBundle(paths, {
        ...{ signal, identities },
        ...(keys !== undefined && { keys }),
        onProgress({ bytesDone, bytesTotal, file }) {
          meter.reach({ done: bytesDone, total: bytesTotal, current: file })
        },
      })
    // A bundle of a stranger is checked as well; that nobody vouches for it is a fact among others.
    const refusals: BundleFault[] = []
    const report = await check(await trust.keys()).catch((error: unknown) => {
      if (!isFault(error, 'key-unknown') && !isFault(error, 'signature-missing')) throw error
      refusals.push(error)
      return check()
    })
    await run.describe({ bundleId: report.description.id })
    const faults = [...refusals, ...report.faults]
    return {
      kind: 'done',
      result: {
        ...{ kind: 'verify', bundle_id: report.description.id },
        is_sound: report.isComplete && refusals.length === 0,
        signature: await signatureOf(report),
        volumes: volumesOf(report.description, report),
        facts: faults.map(faultFact),
      },
    }
  }
}

export function volumesOf(
  { volumes }: BundleManifest,
  report: Pick<VerifyReport, 'volumes' | 'faults'>,
) {
  const states = { sound: 'present', damaged: 'damaged', missing: 'missing' } as const
  return report.volumes.map(({ number, state }) => ({
    n: number,
    bytes: volumes.find(({ n }) => n === number)?.bytes ?? 0,
    state: states[state],
    facts: report.faults.filter(({ place }) => place.volume === number).map(faultFact),
  }))
}
