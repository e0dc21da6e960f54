import type { Finding } from '../contract/setup.ts'
import type { z } from 'zod'

/** What a person can meet during setup, and what helps; `{name}` is a fact of the case. */
export const setupCodes = {
  'MOOR-SET-001': {
    text: 'The setup code is not right',
    next: 'read it again where the server was started, or in the file setup-code of the data directory',
  },
  'MOOR-SET-002': {
    text: 'The setup code is older than 24 hours',
    next: 'draw a new one on the host: mooring setup-code --new',
  },
  'MOOR-SET-003': {
    text: 'Too many wrong codes',
    next: 'wait {seconds} seconds, then try again',
  },
  'MOOR-SET-004': {
    text: 'Setup is open in another browser',
    next: 'confirm to continue here; the other browser is signed out',
  },
  'MOOR-SET-005': {
    text: 'Nobody is signed in to the setup here',
    next: 'enter the setup code',
  },
  'MOOR-SET-006': {
    text: 'The request does not come from a page of this server',
    next: 'open the address of the setup itself; programs send Content-Type: application/json',
  },
  'MOOR-SET-007': {
    text: 'Some values do not fit',
    next: 'correct the fields that are named',
  },
  'MOOR-SET-008': {
    text: 'A check failed',
    next: 'put right what its line says, or save anyway',
  },
  'MOOR-SET-009': {
    text: 'There is no such page or step',
    next: 'reload the page of the setup',
  },
  'MOOR-SET-010': {
    text: 'The settings cannot change while they are being applied',
    next: 'wait until the list of tasks ends',
  },
  'MOOR-SET-011': {
    text: 'The step {step} is not finished',
    next: 'finish it, then apply',
  },
  'MOOR-SET-012': {
    text: 'The name or the addresses of this host have changed since the step was saved',
    next: 'look through the step and save it again',
  },
  'MOOR-SET-013': {
    text: 'The step came from an answer file and was not tested here',
    next: 'test it, or apply as it is',
  },
  'MOOR-SET-014': {
    text: 'Things were created already, and starting over removes them',
    next: 'type: start over',
  },
  'MOOR-SET-015': {
    text: 'This cannot change any more, because it exists already: {field}',
    next: 'keep it, or start over',
  },
  'MOOR-SET-016': {
    text: 'The answer file cannot be read: {reason}',
    next: 'correct the file',
  },
  'MOOR-SET-017': {
    text: 'The passphrase does not open the secrets of the answer file',
    next: 'enter the passphrase that the file was saved with',
  },
  'MOOR-SET-018': {
    text: 'Setup is not finished: this host is no registry yet',
    next: 'open /setup in a browser and enter the setup code',
  },
  'MOOR-SET-019': {
    text: 'This step cannot be skipped',
    next: 'fill it in',
  },
  'MOOR-SET-020': {
    text: 'A setup is not under way here',
    next: 'start it with: mooring serve --setup',
  },
  'MOOR-SET-021': {
    text: 'The state of the setup cannot be read: {reason}',
    next: 'put setup-state.json and setup-secrets of the data directory back from a backup, or remove both and begin again',
  },
  'MOOR-SET-022': {
    text: 'The request is too large or cannot be read',
    next: 'send one JSON object of a sensible size',
  },
  'MOOR-SET-023': {
    text: 'The check itself broke off: {reason}',
    next: 'try again; if it stays, save anyway and look at the log of the server',
  },
  'MOOR-SET-024': {
    text: 'No certificate is to be signed elsewhere',
    next: 'choose the signing request in the step certificates and save it',
  },
  'MOOR-SET-025': {
    text: 'No key of an authority waits to be taken away',
    next: 'see where it is with: mooring cert status',
  },
  'MOOR-SET-026': {
    text: 'The backup could not be restored: {reason}',
    next: 'put right what is named, then begin the restore again; it goes on where it stopped',
  },
  'MOOR-SET-027': {
    text: 'Settings were applied here already, so no backup can take their place',
    next: 'start over first',
  },
  'MOOR-SET-028': {
    text: 'What was created could not be removed: {reason}',
    next: 'put right what is named, then start over again',
  },
  'MOOR-SET-029': {
    text: 'This is neither a config.yaml of Quay nor a bundle with one: {reason}',
    next: 'choose config.yaml, or the tar.gz that the config editor of Quay gives out',
  },
  'MOOR-SET-030': {
    text: 'The configuration could not be written: {reason}',
    next: 'put right what is named, then retry',
  },
  'MOOR-SET-031': {
    text: 'The storage could not be prepared: {reason}',
    next: 'make room or give the server the rights to write there, then retry',
  },
  'MOOR-SET-032': {
    text: 'The database could not be created: {reason}',
    next: 'put right what is named, then retry',
  },
  'MOOR-SET-033': {
    text: 'The certificate could not be made: {reason}',
    next: 'change the settings of the certificate',
  },
  'MOOR-SET-034': {
    text: 'The administrator could not be created: {reason}',
    next: 'change the name or the address of the administrator',
  },
  'MOOR-SET-035': {
    text: 'The registry could not start: {reason}',
    next: 'change the ports or addresses, then apply again',
  },
  'MOOR-SET-036': {
    text: 'The test of the new registry failed: {reason}',
    next: 'put right what is named, then retry',
  },
  'MOOR-SET-037': {
    text: 'Organizations or mirrors could not be created: {reason}',
    next: 'change the settings of the mirrors',
  },
  'MOOR-SET-038': {
    text: 'The scanner does not answer as it should: {reason}',
    next: 'change the settings of the scanner, or switch it off',
  },
  'MOOR-SET-039': {
    text: 'The setup could not be closed: {reason}',
    next: 'make the data directory writable, then retry',
  },
  'MOOR-SET-040': {
    text: 'Nobody has said that the recovery kit is stored, or it is not that of these settings',
    next: 'make the recovery kit in the step admin, put it in a safe place and confirm that',
  },
  'MOOR-SET-041': {
    text: 'Something unexpected went wrong',
    next: 'try again; if it stays, look at the log of the server',
  },
  'MOOR-SET-042': {
    text: 'Some of the first content could not be set up: {reason}',
    next: 'put right what is named on the pages of the registry; everything else is there',
  },
} as const

export type SetupCode = keyof typeof setupCodes
type Facts = z.output<typeof Finding>['facts']

export class SetupError extends Error {
  override readonly name = 'SetupError'
  readonly code: SetupCode
  readonly facts: Facts

  constructor(code: SetupCode, facts: Facts = {}, options?: ErrorOptions) {
    const { text, next } = findingOf(code, facts)
    super(`${code}: ${text}; ${next}`, options)
    this.code = code
    this.facts = facts
  }
}

export function findingOf(code: SetupCode, facts: Facts = {}): z.output<typeof Finding> {
  const filled = (template: string) =>
    template.replace(/\{([a-z]+)\}/g, (hole, name: string) => String(facts[name] ?? hole))
  const { text, next } = setupCodes[code]
  return { code, text: filled(text), next: filled(next), facts }
}

/** The first line of what went wrong, for a person. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.split('\n', 1)[0]?.slice(0, 500) ?? ''
}
