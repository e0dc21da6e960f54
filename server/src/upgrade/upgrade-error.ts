/** What can be wrong when data and program are of different versions: one sentence, one next step. */
export const upgradeCodes = {
  'MOOR-DB-001': {
    text: 'The database was made by a newer version of this program.',
    next: 'Start that version or a later one, or restore a backup that this version made.',
  },
  'MOOR-DB-002': {
    text: 'The upgrade failed, and the data was put back as it was: the version before runs on it.',
    next: 'Start the version before, and report what failed.',
  },
  'MOOR-DB-003': {
    text: 'The upgrade failed, and the data could not be put back.',
    next: 'Put what is in the way right and start again, or restore the snapshot or a backup.',
  },
  'MOOR-DB-004': {
    text: 'The database is of an older version of this program.',
    next: 'Start the registry once with this version, which brings it up to date.',
  },
} as const

export type UpgradeCode = keyof typeof upgradeCodes

export class UpgradeError extends Error {
  override readonly name = 'UpgradeError'
  readonly code: UpgradeCode

  constructor(code: UpgradeCode, about: string, options?: ErrorOptions) {
    const { text, next } = upgradeCodes[code]
    super(`${code}: ${text} ${about}\n${next}`, options)
    this.code = code
  }
}
