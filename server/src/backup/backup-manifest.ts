import { z } from 'zod'

import type { Random } from '../platform/random.ts'
import type { Instant } from '../platform/clock.ts'
import { BackupError } from './backup-codes.ts'
import { backupFolder, foldersIn, readText, type BackupTarget } from './backup-target.ts'

const digestText = z.string().regex(/^(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$/)
const sizeBytes = z.int().nonnegative()
/** Relative, of plain parts: what a manifest names must stay in its folder. */
const relativePath = z
  .string()
  .min(1)
  .max(1024)
  .refine((path) => path.split('/').every((part) => !['', '.', '..'].includes(part)))
  .refine((path) => !/[\0\\]/.test(path))

const StoredFile = z.object({
  /** Below the folder of the backup. */
  name: relativePath,
  sizeBytes,
  /** Of the file as it is stored, sealed or not. */
  sha256: z.string().regex(/^[a-f0-9]{64}$/),
})

const ConfigFile = StoredFile.extend({
  /** Below the config directory. */
  path: relativePath,
  mode: z.int().min(0).max(0o777),
})

const KeyDerivation = z.object({
  kdf: z.literal('scrypt'),
  salt: z.string().regex(/^[a-f0-9]{16,128}$/),
  cost: z.int().positive(),
  blockSize: z.int().positive(),
  parallelization: z.int().positive(),
})

/** What one backup consists of. It is written last: with it the backup is complete. */
const BackupManifest = z.object({
  format: z.literal(1),
  id: z.string(),
  startedAt: z.int(),
  createdAt: z.int(),
  /** Of the program. */
  version: z.string(),
  /** The last migration of the database. */
  schema: z.string(),
  serverHostname: z.string(),
  previous: z.string().nullable(),
  /** How database and configuration are sealed; content never is. */
  encryption: KeyDerivation.nullable(),
  database: StoredFile.extend({ kind: z.enum(['sqlite', 'postgresql']) }),
  config: z.array(ConfigFile),
  /** Null for a backup without content. */
  content: z
    .object({
      /** Digests and sizes, in the order of the digests. */
      list: StoredFile,
      blobs: z.int().nonnegative(),
      sizeBytes,
      /** What no earlier backup had brought to the target. */
      newBlobs: z.int().nonnegative(),
      newBytes: sizeBytes,
      /** Of the registry itself, so not in the backup either. */
      missing: z.array(digestText),
      damaged: z.array(digestText),
    })
    .nullable(),
})

export type BackupManifest = z.output<typeof BackupManifest>
export type StoredFile = z.output<typeof StoredFile>

const manifestName = (id: string) => `${backupFolder(id)}/manifest.json`
const idPattern = /^\d{8}T\d{6}Z-[a-z0-9]{6}$/

/** In the order of their codes. */
const idLetters = '23456789abcdefghijkmnpqrstuvwxyz'

/** Sorts by time: `20260131T235959Z-k3x9aa`, of which the first two letters are the millisecond. */
export function newBackupId(now: Instant, random: Random): string {
  const time = new Date(now).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')
  const milliseconds = now % 1_000
  const fraction = [milliseconds >> 5, milliseconds & 31].map((at) => idLetters.charAt(at)).join('')
  return `${time}Z-${fraction}${random.text(4, idLetters)}`
}

export function manifestText(manifest: BackupManifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`
}

export const manifestFile = manifestName

/** @throws BackupError when it is not there, damaged, or of a later format. */
export async function readManifest(target: BackupTarget, id: string): Promise<BackupManifest> {
  const text = idPattern.test(id) ? await readText(target, manifestName(id)) : undefined
  if (text === undefined) throw new BackupError('MOOR-BAK-003', `${target.title} has no ${id}.`)
  const json = parseJson(text)
  const format = z.object({ format: z.int() }).safeParse(json)
  if (format.success && format.data.format > 1) throw new BackupError('MOOR-BAK-008')
  const parsed = BackupManifest.safeParse(json)
  if (!parsed.success || parsed.data.id !== id) {
    throw new BackupError('MOOR-BAK-004', `${manifestName(id)} cannot be read.`)
  }
  return parsed.data
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export interface BackupFolders {
  /** In the order of time. */
  readonly complete: readonly string[]
  /** Being made, or broken off. */
  readonly incomplete: readonly string[]
}

export async function listBackups(target: BackupTarget): Promise<BackupFolders> {
  const ids = (await foldersIn(target, 'backups')).filter((id) => idPattern.test(id))
  const complete: string[] = []
  const incomplete: string[] = []
  for (const id of ids) {
    const isComplete = (await target.size(manifestName(id))) !== undefined
    ;(isComplete ? complete : incomplete).push(id)
  }
  return { complete, incomplete }
}

/** The one named, else the latest. */
export async function chooseBackup(
  target: BackupTarget,
  id: string | undefined,
): Promise<BackupManifest> {
  const chosen = id ?? (await listBackups(target)).complete.at(-1)
  if (chosen === undefined) throw new BackupError('MOOR-BAK-003', `${target.title} holds none.`)
  return readManifest(target, chosen)
}

/** `TARGET` or `TARGET/backups/ID`, apart. */
export function splitAddress(address: string): { readonly target: string; readonly id?: string } {
  const [place = '', query] = address.split('?', 2)
  const match = /^(.*)\/backups\/([^/]+)\/?$/.exec(place)
  if (match?.[1] === undefined || match[2] === undefined || !idPattern.test(match[2])) {
    return { target: address }
  }
  return { target: query === undefined ? match[1] : `${match[1]}?${query}`, id: match[2] }
}
