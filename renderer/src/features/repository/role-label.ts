import { m } from '../../paraglide/messages.js'
import type { RoleName } from './permissions.ts'

export function roleLabel(role: RoleName): string {
  const labels = {
    read: m.repositories_role_read,
    write: m.repositories_role_write,
    admin: m.repositories_role_admin,
  }
  return labels[role]()
}

export function roleHelp(role: RoleName): string {
  const texts = {
    read: m.repositories_role_read_help,
    write: m.repositories_role_write_help,
    admin: m.repositories_role_admin_help,
  }
  return texts[role]()
}
