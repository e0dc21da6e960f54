export type RoleName = 'read' | 'write' | 'admin'

/** By repository, without its namespace; what is not there has none. */
export type Roles = Readonly<Record<string, RoleName>>

export function withRole(roles: Roles, repository: string, role: RoleName | null): Roles {
  const { [repository]: _before, ...others } = roles
  return role === null ? others : { ...others, [repository]: role }
}
