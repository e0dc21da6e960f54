/** What can be wrong with a backup, as people and programs are told: one sentence, one next step. */
export const backupCodes = {
  'MOOR-BAK-001': {
    text: 'The backup target cannot be used.',
    next: 'Check that it exists, is writable and that the credentials are right.',
  },
  'MOOR-BAK-002': {
    text: 'Another backup of this data is running.',
    next: 'Wait for it to end, or cancel it.',
  },
  'MOOR-BAK-003': {
    text: 'There is no complete backup there.',
    next: 'List the backups with "mooring backup list" and name one of them.',
  },
  'MOOR-BAK-004': {
    text: 'The backup is damaged.',
    next: 'Use an older backup, or remove the damaged files and back up again.',
  },
  'MOOR-BAK-005': {
    text: 'The backup is encrypted.',
    next: 'Give the passphrase with --passphrase-file.',
  },
  'MOOR-BAK-006': {
    text: 'The passphrase does not open the backup.',
    next: 'Use the passphrase that the backup was made with.',
  },
  'MOOR-BAK-007': {
    text: 'The place to restore to is not empty.',
    next: 'Choose an empty one, or give --force to replace what is there.',
  },
  'MOOR-BAK-008': {
    text: 'The backup was made by a newer version.',
    next: 'Restore it with that version or a later one.',
  },
  'MOOR-BAK-009': {
    text: 'The right to keep content during the backup was lost.',
    next: 'Start the backup again; it goes on with what is already copied.',
  },
  'MOOR-BAK-010': {
    text: 'Content of the registry is missing or damaged.',
    next: 'Push the images that have it again, then back up again.',
  },
  'MOOR-BAK-011': {
    text: 'The backup target is being pruned or written to by somebody else.',
    next: 'Wait until that has ended.',
  },
  'MOOR-BAK-012': {
    text: 'The database is of another kind than the backup.',
    next: 'Restore a SQLite backup to SQLite and a PostgreSQL backup to PostgreSQL (--db-uri).',
  },
  'MOOR-BAK-013': {
    text: 'The schema of the database is not that of this version.',
    next: 'Start the registry once with this version, which brings it up to date.',
  },
  'MOOR-BAK-014': {
    text: 'A restore was begun here and not finished.',
    next: 'Run the same "mooring backup restore" again; it goes on where it stopped.',
  },
  'MOOR-BAK-015': {
    text: 'The backup was stopped.',
    next: 'Start it again; it goes on with what is already copied.',
  },
} as const

export type BackupCode = keyof typeof backupCodes

export class BackupError extends Error {
  override readonly name = 'BackupError'
  readonly code: BackupCode
  readonly next: string
  /** What its text does not say: a file, a place. */
  readonly about: string

  constructor(code: BackupCode, about?: string, options?: ErrorOptions) {
    const { text, next } = backupCodes[code]
    super(`${code}: ${about === undefined ? text : `${text} ${about}`}\n${next}`, options)
    this.code = code
    this.next = next
    this.about = about ?? ''
  }
}
