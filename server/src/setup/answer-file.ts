import { createCipheriv, createDecipheriv, scryptSync } from 'node:crypto'
import path from 'node:path'
import { parse, stringify } from 'yaml'
import { z } from 'zod'
import { SetupLanguage, stepIds, type StepId } from '../contract/setup-steps.ts'
import type { Random } from '../platform/random.ts'
import type { StoredSecrets } from './secret-values.ts'
import { reasonOf, SetupError } from './setup-codes.ts'
import type { SetupFile } from './setup-state.ts'

/** The answers of a setup as a file: YAML, one key a step, the fields of setup-steps.ts. */
export interface Answers {
  /** Where the recovery kit goes: `print`, or a file. */
  readonly recoveryKit?: string
  readonly language?: SetupFile['language']
  readonly steps: Partial<Record<StepId, Readonly<Record<string, unknown>>>>
}

export interface AnswerProblem {
  readonly step: StepId
  readonly field: string
  readonly text: string
}

const AnswerFile = z.looseObject({
  version: z.literal(1, 'must be 1'),
  language: SetupLanguage.optional(),
  recoveryKit: z
    .string()
    .max(4_096)
    .refine(
      (place) => place === 'print' || path.isAbsolute(place),
      'must be print, or the absolute path of a file',
    )
    .optional(),
  /** Of the key that the passphrase gives. */
  salt: z.string().max(64).optional(),
})
const StepAnswers = z.record(z.string(), z.unknown())

const header = `# Answers of a Mooring setup. Apply them with: mooring setup --answers FILE
`

const isStored = (value: object): value is { stored: string } =>
  'stored' in value && typeof value.stored === 'string' && Object.keys(value).length === 1

const isFileName = (value: object): value is { file: string } =>
  'file' in value && typeof value.file === 'string' && Object.keys(value).length === 1

/** Without a passphrase the secrets are left out, and have to be filled in. */
export function writeAnswers({
  state,
  secrets,
  passphrase,
  random,
}: {
  state: SetupFile
  secrets: StoredSecrets
  passphrase: string | null
  random: Random
}): string {
  const salt = random.bytes(16)
  const key = passphrase === null ? undefined : keyOf(passphrase, salt)
  const secretText = (text: string | undefined): unknown =>
    key === undefined || text === undefined ? null : { encrypted: encrypt(text, key, random) }
  const shown = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(shown)
    if (typeof value !== 'object' || value === null) return value
    if (isStored(value)) return secretText(secrets[value.stored])
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, shown(one)]))
  }
  const steps = stepIds.flatMap((id) => {
    const saved = state.steps[id]
    return saved === undefined || saved.skipped ? [] : [[id, shown(saved.values)] as const]
  })
  const encryption = key === undefined ? {} : { salt: salt.toString('base64') }
  const content = { version: 1, language: state.language, ...encryption }
  return header + stringify({ ...content, ...Object.fromEntries(steps) }, { lineWidth: 0 })
}

/** @throws SetupError */
export function readAnswers(
  text: string,
  passphrase: string | null,
  /** Absent where the file comes from somebody who may not read files here. */
  readSecret?: (file: string) => string,
): Answers {
  const file = AnswerFile.safeParse(parseText(text))
  if (!file.success) {
    const [issue] = file.error.issues
    throw unreadable(`${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim())
  }
  const { version: _version, language, recoveryKit, salt, ...rest } = file.data
  const top = { ...(language && { language }), ...(recoveryKit && { recoveryKit }) }
  const strange = Object.keys(rest).find((name) => !stepIds.some((id) => id === name))
  if (strange !== undefined) throw unreadable(`there is no step ${strange.slice(0, 60)}`)

  let key: Buffer | undefined
  const opened = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(opened)
    if (typeof value !== 'object' || value === null) return value
    if (readSecret !== undefined && isFileName(value)) return readSecret(value.file)
    if ('encrypted' in value && typeof value.encrypted === 'string') {
      if (passphrase === null) throw new SetupError('MOOR-SET-017')
      key ??= keyOf(passphrase, Buffer.from(salt ?? '', 'base64'))
      return decrypt(value.encrypted, key)
    }
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, opened(one)]))
  }
  const steps: Partial<Record<StepId, Readonly<Record<string, unknown>>>> = {}
  for (const id of stepIds) {
    if (rest[id] === undefined) continue
    const given = StepAnswers.safeParse(opened(rest[id]))
    if (!given.success) throw unreadable(`${id} must be a list of fields`)
    steps[id] = given.data
  }
  return { ...top, steps }
}

/** A field that nothing reads is a mistake, and not one to be found out later. @throws SetupError */
export function requireKnownFields(id: StepId, given: unknown, taken: unknown): void {
  const strange = unknownField(given, taken)
  if (strange !== undefined) throw unreadable(`${id} has no field ${strange.slice(0, 120)} here`)
}

/** The first field of what was given that is not among what was taken. */
function unknownField(given: unknown, taken: unknown): string | undefined {
  if (!isFields(given) || !isFields(taken)) return undefined
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(taken, name)) return name
    const below = unknownField(value, taken[name])
    if (below !== undefined) return `${name}.${below}`
  }
  return undefined
}

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

/** For whoever can read neither the files that it names nor its passphrase. @throws SetupError */
export function resolveAnswers(
  text: string,
  passphrase: string | null,
  readSecret: (file: string) => string,
): string {
  const { steps, ...top } = readAnswers(text, passphrase, readSecret)
  return stringify({ version: 1, ...top, ...steps }, { lineWidth: 0 })
}

function parseText(text: string): unknown {
  try {
    return parse(text, { maxAliasCount: 0 })
  } catch (error) {
    throw new SetupError('MOOR-SET-016', { reason: reasonOf(error) }, { cause: error })
  }
}

function unreadable(reason: string) {
  return new SetupError('MOOR-SET-016', { reason })
}

function keyOf(passphrase: string, salt: Buffer): Buffer {
  return scryptSync(passphrase.normalize('NFC'), salt, 32, { N: 32_768, r: 8, p: 1, maxmem: 64e6 })
}

function encrypt(text: string, key: Buffer, random: Random): string {
  const nonce = random.bytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  const sealed = [nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]
  return Buffer.concat(sealed).toString('base64')
}

function decrypt(sealed: string, key: Buffer): string {
  const bytes = Buffer.from(sealed, 'base64')
  if (bytes.length < 28) throw new SetupError('MOOR-SET-017')
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), {
    authTagLength: 16,
  })
  decipher.setAuthTag(bytes.subarray(-16))
  try {
    const text = decipher.update(bytes.subarray(12, -16))
    return Buffer.concat([text, decipher.final()]).toString('utf8')
  } catch (error) {
    throw new SetupError('MOOR-SET-017', {}, { cause: error })
  }
}
