/**
 * Two who changed the same thing at the same moment: a name taken, a row gone, a deadlock broken. By the
 * codes of SQLite and PostgreSQL (its appendix A, classes 23 and 40).
 */
const codes = new Set([
  'SQLITE_CONSTRAINT_UNIQUE',
  'SQLITE_CONSTRAINT_PRIMARYKEY',
  'SQLITE_CONSTRAINT_FOREIGNKEY',
  '23505',
  '23503',
  '40001',
  '40P01',
])

export function isConflict(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && codes.has(code)
}
