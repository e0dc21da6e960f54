import { Problem } from '../../problem.ts'
import { parseMoment, parseWindow } from '../../platform/calendar.ts'
import { isRate, type MirrorRules } from './mirror-rules.ts'
import { parseSigningKey } from './signed-payload.ts'
import { isVersionRange } from './tag-selection.ts'

/** @throws Problem `request-invalid` that names what cannot be understood */
export function checkRules(wish: Partial<MirrorRules>): void {
  const { semver, calendar = [], windows = [], rate, signatureKeys = [] } = wish
  if (typeof semver === 'string' && !isVersionRange(semver)) {
    refuse(`Invalid version range: ${semver}`)
  }
  for (const text of calendar) {
    if (parseMoment(text) === undefined) refuse(`Invalid time: ${text}`)
  }
  for (const text of windows) {
    if (parseWindow(text) === undefined) refuse(`Invalid window: ${text}`)
  }
  if (typeof rate === 'string' && !isRate(rate)) refuse(`Invalid rate: ${rate}`)
  for (const key of signatureKeys) {
    if (parseSigningKey(key) === undefined) {
      refuse('Invalid public key: it has to be of ECDSA, RSA or Ed25519, in PEM')
    }
  }
}

function refuse(message: string): never {
  throw new Problem('request-invalid', { message })
}
