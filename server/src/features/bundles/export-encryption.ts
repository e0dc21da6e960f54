import { parseRecipients, type AgeRecipient } from '../../bundles/age/age-keys.ts'
import { BundleFault } from '../../bundles/bundle-fault.ts'
import type { BundleFormat } from '../../bundles/bundle.ts'

interface Encryptable {
  readonly format?: BundleFormat | undefined
  readonly encrypt?: readonly string[] | undefined
  readonly compat_index?: boolean | undefined
}

/** What is encrypted is a tar. */
export const formatOf = ({ format, encrypt }: Encryptable): BundleFormat | undefined =>
  encrypt === undefined ? format : 'tar'

/** For whom a bundle is encrypted. @throws BundleFault `recipient-invalid`, `plan-invalid` */
export function requireEncryptable({
  format,
  encrypt,
  compat_index,
}: Encryptable): readonly AgeRecipient[] | undefined {
  if (encrypt === undefined) return undefined
  if (format === 'directory') throw new BundleFault('plan-invalid', 'Only tar files are encrypted.')
  if (compat_index === true) throw new BundleFault('plan-invalid', 'A tar has no small layouts.')
  return parseRecipients(encrypt)
}
