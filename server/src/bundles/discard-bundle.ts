import { readdir, readFile, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'

import type { BundleFormat } from './bundle.ts'
import { isLeftBySystem, names } from './bundle-names.ts'
import { journalBundle } from './write-journal.ts'

/**
 * Takes away what a run left that nobody will go on with. A bundle that is whole, or another one,
 * stays.
 */
export async function discardBundle(
  to: string,
  { id, format }: { readonly id: string; readonly format: BundleFormat },
): Promise<void> {
  const journal = join(to, names.journal)
  const text = await readFile(journal, 'utf8').catch(() => undefined)
  if (text === undefined || journalBundle(text) !== id) return
  const isOurs = (name: string) =>
    format === 'tar'
      ? name.startsWith(`bundle-${id}.`) || name === names.note
      : !isLeftBySystem(name) && name !== names.journal
  for (const name of await readdir(to)) {
    if (isOurs(name)) await rm(join(to, name), { recursive: true, force: true })
  }
  // Last, so that a crash leaves something that says what the rest is.
  await rm(journal, { force: true })
  // The folder itself goes only when nothing else is in it; a medium stays mounted.
  await rmdir(to).catch(() => undefined)
}
