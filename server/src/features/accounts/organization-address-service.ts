import type { FeatureConfig } from '../../config/config.ts'
import type { Db } from '../../db/tables.ts'
import { Problem } from '../../problem.ts'
import { requireEmail } from './account-names.ts'
import { accountStore } from './account-store.ts'

export interface AddressRules {
  readonly features: Pick<FeatureConfig, 'orgSharedEmail'>
}

/** As clients send it: `contact_email` comes before `email`. */
export interface RequestedAddress {
  readonly email?: string | undefined
  readonly contact_email?: string | null | undefined
}

/**
 * The address that a request asks for: null for none, undefined when it says nothing.
 * @throws Problem `email-invalid`
 */
export function requestedAddress({ email, contact_email }: RequestedAddress) {
  const asked = contact_email === undefined ? email : contact_email
  if (asked === undefined) return undefined
  const address = asked?.trim() ?? ''
  if (address === '') return null
  requireEmail(address)
  return address
}

/**
 * Organizations may share an address with one another, but with a person only when
 * FEATURE_ORG_SHARED_EMAIL says so. @throws Problem `email-invalid`
 */
export async function requireFreeAddress(tx: Db, email: string, config: AddressRules) {
  if (config.features.orgSharedEmail) return
  if (!(await accountStore(tx).isEmailTaken(email))) return
  throw new Problem('email-invalid', { email, message: `Email has already been used: ${email}` })
}
