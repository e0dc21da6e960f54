import { CertificateError } from '@mooring/certs'
import type { z } from 'zod'
import { BackupError } from '../backup/backup-codes.ts'
import type { Finding } from '../contract/setup.ts'
import { CertificateFault } from '../features/certificates/certificate-codes.ts'
import { SetupError } from './setup-codes.ts'

/** What a person can put right, as the part of the program says it that knows best. */
export function findingOfError(error: unknown): z.output<typeof Finding> | undefined {
  if (error instanceof SetupError) return undefined
  if (error instanceof CertificateError || error instanceof CertificateFault) {
    const { code, message, nextStep, parameters } = error
    return { code, text: bare(message), next: bare(nextStep), facts: { ...parameters } }
  }
  if (error instanceof BackupError) {
    const [text = ''] = error.message.replace(`${error.code}: `, '').split('\n', 1)
    return {
      code: error.code,
      text: bare(text),
      next: bare(error.next),
      facts: { about: error.about },
    }
  }
  return undefined
}

const bare = (sentence: string) => sentence.replace(/\.$/, '')
