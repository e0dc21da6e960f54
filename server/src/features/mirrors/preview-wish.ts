import type { z } from 'zod'

import type { MirrorRulesChange, MirrorWish } from '../../contract/mooring-mirrors.ts'
import type { PreviewWish } from './mirror-preview-service.ts'
import type { MirrorRules } from './mirror-rules.ts'

/** The rules as the calls of the interface name them. */
export function rulesOf({
  keep_vanished,
  with_referrers,
  signature_keys,
  ...rest
}: z.output<typeof MirrorRulesChange>): Partial<MirrorRules> {
  const { newest, semver, exclude, platforms, calendar, windows, rate } = rest
  return {
    ...(newest !== undefined && { newest }),
    ...(semver !== undefined && { semver }),
    ...(exclude !== undefined && { exclude }),
    ...(platforms !== undefined && { platforms }),
    ...(calendar !== undefined && { calendar }),
    ...(windows !== undefined && { windows }),
    ...(rate !== undefined && { rate }),
    ...(signature_keys !== undefined && { signatureKeys: signature_keys }),
    ...(keep_vanished !== undefined && { keepVanished: keep_vanished }),
    ...(with_referrers !== undefined && { withReferrers: with_referrers }),
  }
}

export function wishOf({ rules = {}, ...rest }: z.output<typeof MirrorWish>): PreviewWish {
  return { ...rest, rules: rulesOf(rules) }
}
