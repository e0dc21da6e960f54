import type { Output } from '../../api/operations.ts'

export type NamespaceRow = Output<'GET /api/v1/mooring/namespaces'>['items'][number]

export type NamespaceAction =
  | 'rename'
  | 'delete-organization'
  | 'take-ownership'
  | 'change-email'
  | 'change-password'
  | 'send-recovery'
  | 'disable'
  | 'enable'
  | 'delete-user'

type Asked = Pick<NamespaceRow, 'kind' | 'is_own' | 'enabled' | 'super_user'>

/** What a superuser may do with a namespace of the list; nothing with other superusers. */
export function namespaceActions(
  row: Asked,
  { usesDatabase, hasMailing }: { readonly usesDatabase: boolean; readonly hasMailing: boolean },
): readonly NamespaceAction[] {
  if (row.kind === 'organization') return ['rename', 'take-ownership', 'delete-organization']
  if (row.is_own || row.super_user === true) return []
  return [
    ...(usesDatabase ? (['change-email', 'change-password'] as const) : []),
    ...(usesDatabase && hasMailing ? (['send-recovery'] as const) : []),
    'take-ownership',
    row.enabled === false ? 'enable' : 'disable',
    'delete-user',
  ]
}
