import { mkdir, readFile } from 'node:fs/promises'
import { z } from 'zod'

import { writeFileDurably } from '../../platform/files.ts'
import type { SecretBox } from '../accounts/secret-box.ts'
import { secretsFile } from './job-files.ts'

/** Of jobs that read a bundle. */
export const ReadSecrets = z.object({ identity: z.string().optional() })

export type JobSecrets = ReturnType<typeof createJobSecrets>

/** What a job needs and nobody may read in its row: sealed, and gone when the job has ended. */
export function createJobSecrets({ folder, secretBox }: { folder: string; secretBox: SecretBox }) {
  const fileOf = (id: string) => secretsFile(folder, id)
  return {
    async put(id: string, secrets: unknown): Promise<void> {
      if (secrets === undefined) return
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await writeFileDurably(fileOf(id), secretBox.seal(JSON.stringify(secrets)), 0o600)
    },

    /** Undefined when there are none. */
    async read(id: string): Promise<unknown> {
      const sealed = await readFile(fileOf(id), 'utf8').catch(() => undefined)
      return sealed === undefined ? undefined : JSON.parse(secretBox.open(sealed))
    },
  }
}
