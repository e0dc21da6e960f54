import { mkdir, readFile } from 'node:fs/promises'
import { z } from 'zod'

import type { VolumeKeys } from '../../bundles/age/age-writer.ts'
import { writeFileDurably } from '../../platform/files.ts'
import type { SecretBox } from '../accounts/secret-box.ts'
import { volumeKeysFile } from './job-files.ts'

const base64 = z.base64().transform((text) => Buffer.from(text, 'base64'))
const Kept = z.record(z.string(), z.object({ bytes: base64, key: base64 }))

/**
 * The keys of the volumes that a job encrypts, sealed, and gone when it has ended: with them it goes
 * on in the middle of a volume.
 */
export function createVolumeKeys({ folder, secretBox }: { folder: string; secretBox: SecretBox }) {
  return (jobId: string): VolumeKeys => {
    const file = volumeKeysFile(folder, jobId)
    const read = async () => {
      const sealed = await readFile(file, 'utf8').catch(() => undefined)
      return sealed === undefined ? {} : Kept.parse(JSON.parse(secretBox.open(sealed)))
    }
    return {
      find: async (volume) => (await read())[String(volume)],
      async put(volume, start) {
        const starts = { ...(await read()), [String(volume)]: start }
        const text = Object.entries(starts).map(([number, { bytes, key }]) => [
          number,
          { bytes: bytes.toString('base64'), key: key.toString('base64') },
        ])
        await mkdir(folder, { recursive: true, mode: 0o700 })
        const sealed = secretBox.seal(JSON.stringify(Object.fromEntries(text)))
        await writeFileDurably(file, sealed, 0o600)
      },
    }
  }
}
