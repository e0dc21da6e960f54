import { securityPolicy } from './security-policy.ts'
import type { PermissionRequest } from './shell.ts'

/** The few things that the server's own page may do; frames and foreign pages may nothing. */
export function mayHave({ permission, origin, isMainFrame }: PermissionRequest, own: string) {
  return isMainFrame && originOf(origin) === own && isAllowed(permission)
}

function isAllowed(permission: string): boolean {
  return securityPolicy.permissions.some((allowed) => allowed === permission)
}

function originOf(address: string): string | undefined {
  return URL.canParse(address) ? new URL(address).origin : undefined
}
