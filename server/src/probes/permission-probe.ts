import { access, constants, stat } from 'node:fs/promises'
import { codeOf, fine, probing, reasonOf, wrong, type Probe, type ProbeContext } from './probe.ts'

export interface PathToProbe {
  readonly path: string
  /** Nobody but the server may read it. */
  readonly isSecret: boolean
  readonly mayBeMissing: boolean
  /** The account of the server, by its number; -1 where there are none. */
  readonly owner: number
  readonly userId: number
}

/** Whether the server, and where it matters nobody else, can use a file or folder. */
export function probePermissions(wanted: PathToProbe, context: ProbeContext): Probe {
  const { path, owner, userId } = wanted
  return probing(context, `permissions:${path}`, `Looking at ${path}`, async () => {
    try {
      const facts = await stat(path)
      const mode = (facts.mode & 0o7777).toString(8).padStart(4, '0')
      const about = { path, mode, owner: facts.uid, user: owner }
      if (owner >= 0 && facts.uid !== owner && facts.uid !== 0) {
        return wrong('MOOR-SYS-015', about)
      }
      if (owner > 0 && facts.uid === 0 && (facts.mode & 0o044) === 0) {
        return wrong('MOOR-SYS-015', about)
      }
      const open = facts.isDirectory() ? 0o007 : 0o004
      if (wanted.isSecret && (facts.mode & open) !== 0) {
        return wrong('MOOR-SYS-014', { ...about, wanted: facts.isDirectory() ? '0700' : '0600' })
      }
      // Root may everything, so only the server's own account can try.
      if (userId === owner) await access(path, constants.R_OK)
      return fine(`${path} has mode ${mode}`, about)
    } catch (error) {
      if (wanted.mayBeMissing && codeOf(error) === 'ENOENT') return fine(`${path} is not used`)
      return wrong('MOOR-SYS-016', { path, reason: reasonOf(error) })
    }
  })
}
