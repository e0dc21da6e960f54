import { m } from '../../paraglide/messages.js'

export const permissionNames = {
  read: m.organizations_permission_read,
  write: m.organizations_permission_write,
  admin: m.organizations_permission_admin,
} as const
