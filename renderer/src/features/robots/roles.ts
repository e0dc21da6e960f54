export type RoleName = 'read' | 'write' | 'admin'

/** By repository, without its namespace; what is not there has none. */
export type Roles = Readonly<Record<string, RoleName>>

/** What was chosen; null: none from now on. */
export type ChosenRoles = Readonly<Record<string, RoleName | null>>

export function withRole(roles: Roles, repository: string, role: RoleName | null): Roles {
  const { [repository]: _before, ...others } = roles
  return role === null ? others : { ...others, [repository]: role }
}

export function withRoles(roles: Roles, chosen: ChosenRoles): Roles {
  return Object.entries(chosen).reduce<Roles>(
    (before, [repository, role]) => withRole(before, repository, role),
    roles,
  )
}
