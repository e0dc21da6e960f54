import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption'
import { BundleFault } from '../bundle-fault.ts'

/** What opens encrypted volumes: `AGE-SECRET-KEY-1…`. */
export type AgeIdentity = string & { readonly __brand: 'AgeIdentity' }

/** For whom volumes are encrypted: `age1…`. */
export type AgeRecipient = string & { readonly __brand: 'AgeRecipient' }

export const mostRecipients = 20
const mostIdentities = 20
const recipientPattern = /^age1[02-9ac-hj-np-z]{58}$/
const identityPattern = /^AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}$/

/** As age prints it, or with `age:` before it. @throws BundleFault `recipient-invalid` */
export function parseRecipient(text: string): AgeRecipient {
  const recipient = text.trim().replace(/^age:/, '')
  try {
    if (!recipientPattern.test(recipient)) throw new Error('another form')
    new Encrypter().addRecipient(recipient)
  } catch (error) {
    throw new BundleFault('recipient-invalid', recipient.slice(0, 100), {}, { cause: error })
  }
  return recipient as AgeRecipient
}

/** In order and each once, so that the same wish is the same work. */
export function parseRecipients(texts: readonly string[]): readonly AgeRecipient[] {
  const recipients = [...new Set(texts.map(parseRecipient))].sort()
  if (recipients.length > mostRecipients) {
    throw new BundleFault('recipient-invalid', `At most ${String(mostRecipients)}.`)
  }
  return recipients
}

/** A file as age-keygen writes it. What is wrong is told without the key. */
export function parseIdentities(text: string): readonly AgeIdentity[] {
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
  if (lines.length === 0) throw new BundleFault('identity-invalid', 'It holds none.')
  if (lines.length > mostIdentities) throw new BundleFault('identity-invalid', 'It holds too many.')
  return lines.map((line, at) => parseIdentity(line, at + 1))
}

function parseIdentity(line: string, number: number): AgeIdentity {
  try {
    if (!identityPattern.test(line)) throw new Error('another form')
    new Decrypter().addIdentity(line)
  } catch {
    throw new BundleFault('identity-invalid', '', { line: number })
  }
  return line as AgeIdentity
}

export const newIdentity = async (): Promise<AgeIdentity> =>
  (await generateX25519Identity()) as AgeIdentity

export const recipientOf = async (identity: AgeIdentity): Promise<AgeRecipient> =>
  (await identityToRecipient(identity)) as AgeRecipient
