import type { TestLine } from '@mooring/server/contract/setup'
import { applyMessages } from './apply-messages.ts'
import { certificateFindings } from './certificate-findings.ts'
import { lineMessages, reasonMessages } from './line-messages.ts'
import { machineFindings } from './machine-findings.ts'
import { networkFindings } from './network-findings.ts'
import { setupFindings } from './setup-findings.ts'
import { storageFindings } from './storage-findings.ts'

type Facts = NonNullable<TestLine['facts']>
type Message = (inputs: never, options?: { locale?: 'en' | 'ja' }) => string

/** What is wrong, and what to do about it. */
export type FindingMessages = Readonly<Record<string, readonly [Message, Message]>>
/** A message and the names of what it says it about, in the order of the English text. */
export type LineMessage = readonly [Message, ...string[]]

export type Catalog = typeof catalog

const findings: FindingMessages = {
  ...{ ...machineFindings, ...networkFindings, ...storageFindings },
  ...{ ...certificateFindings, ...setupFindings },
}

/**
 * Findings and test lines of the server in the language of the page. The server names a finding by
 * its code; a line that found nothing has English words only, which are looked up here.
 */
export const catalog = {
  finding(
    code: string,
    facts: Facts,
  ): { readonly text: string; readonly next: string } | undefined {
    const found = findings[code]
    if (found === undefined) return undefined
    const { reason } = facts
    const about = {
      about: '',
      ...facts,
      ...(typeof reason === 'string' && { reason: wordsOf(reason) }),
    }
    const [text, next] = found.map((message) => message(about as never))
    return { text: text?.trim() ?? '', next: next?.trim() ?? '' }
  },

  /** Also of a text that nobody knows here: then as it is. */
  line: (text: string): string => translate(text, patterns),
}

interface Pattern {
  readonly english: RegExp
  readonly names: readonly string[]
  readonly message: Message
}

const patterns = [...lineMessages, ...applyMessages].map(patternOf)
const reasons = reasonMessages.map(patternOf)
const wordsOf = (reason: string) => translate(reason, reasons)

/** The English message, each hole of which may hold anything. */
function patternOf([message, ...names]: LineMessage): Pattern {
  const holes = Object.fromEntries(names.map((name) => [name, '\0']))
  const english = message(holes as never, { locale: 'en' })
    .split('\0')
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
    .join('(.+?)')
  return { english: new RegExp(`^${english}$`, 's'), names, message }
}

function translate(text: string, among: readonly Pattern[]): string {
  for (const { english, names, message } of among) {
    const found = english.exec(text)
    if (found === null) continue
    const holes = Object.fromEntries(names.map((name, index) => [name, found[index + 1] ?? '']))
    return message(holes as never)
  }
  return text
}
