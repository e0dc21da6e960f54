import type { Principal } from '../accounts/principal.ts'

/** The keys that tell in the metadata of registry traffic who it was (logs-and-notifications, 1.2). */
export function identityKeys(principal: Principal): Readonly<Record<string, unknown>> {
  switch (principal.kind) {
    case 'anonymous':
      return {}
    case 'user':
      return { username: principal.username }
    case 'robot':
      return { username: principal.username, is_robot: true }
  }
}
