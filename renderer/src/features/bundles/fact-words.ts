import { m } from '../../paraglide/messages.js'
import type { BundleFact } from './bundle-words.ts'

/** What is wrong and what helps, where a page has better words than a command line. */
const words: Readonly<Record<string, readonly [text: () => string, next: () => string]>> = {
  'MOOR-BND-001': [m.bundles_fault_none, m.bundles_fault_none_next],
  'MOOR-BND-003': [m.bundles_fault_unfinished, m.bundles_fault_unfinished_next],
  'MOOR-BND-004': [m.bundles_fault_unsigned, m.bundles_fault_unsigned_next],
  'MOOR-BND-005': [m.bundles_fault_signature, m.bundles_fault_carry_again],
  'MOOR-BND-006': [m.bundles_fault_key, m.bundles_fault_key_next],
  'MOOR-BND-012': [m.bundles_fault_volume, m.bundles_fault_volume_next],
  'MOOR-BND-013': [m.bundles_fault_file_missing, m.bundles_fault_copy_again],
  'MOOR-BND-014': [m.bundles_fault_file_damaged, m.bundles_fault_copy_again],
  'MOOR-BND-015': [m.bundles_fault_file_length, m.bundles_fault_copy_again],
  'MOOR-BND-023': [m.bundles_fault_replayed, m.bundles_fault_replayed_next],
  'MOOR-BND-027': [m.bundles_fault_target, m.bundles_fault_target_next],
  'MOOR-BND-030': [m.bundles_fault_full, m.bundles_fault_full_next],
  'MOOR-BND-038': [m.bundles_fault_identity, m.bundles_fault_identity_next],
  'MOOR-BND-041': [m.bundles_fault_lost, m.bundles_fault_lost_next],
}

/** The server's own words where there are none here. */
export function factText({ code, message, volume, file }: BundleFact): string {
  const text = words[code]?.[0]()
  if (text === undefined) return message
  if (file !== null && volume !== null) {
    return m.bundles_fault_in_volume({ text, volume: String(volume), file })
  }
  return file === null ? text : m.bundles_fault_in_file({ text, file })
}

export const nextStepText = ({ code, next_step }: BundleFact): string | null =>
  words[code]?.[1]() ?? next_step
