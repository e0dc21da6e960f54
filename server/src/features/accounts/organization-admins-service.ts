import type { Db } from '../../db/tables.ts'
import { Problem } from '../../problem.ts'
import type { Actor } from '../audit/audit-log.ts'
import { teamStore } from './team-store.ts'

/**
 * Makes a change to the teams of an organization, unless it takes the last admin team from whoever
 * makes it (`own`), or leaves no person as admin (`last`): then it is undone with the transaction.
 * @throws Problem `rule-violated`
 */
export async function keepAdmins(
  tx: Db,
  organizationId: number,
  { principal }: Actor,
  change: () => Promise<unknown>,
  messages: { readonly own: string; readonly last: string },
): Promise<void> {
  const teams = teamStore(tx)
  await teams.lockOrganization(organizationId)
  const callerId = principal !== 'system' && principal.kind === 'user' ? principal.id : undefined
  const isAdmin = async () =>
    callerId !== undefined && (await teams.rolesOf(organizationId, callerId)).includes('admin')
  const [wasAdmin, hadAdmin] = [await isAdmin(), await teams.hasAdmin(organizationId)]
  await change()
  if (wasAdmin && !(await isAdmin())) throw new Problem('rule-violated', { message: messages.own })
  if (hadAdmin && !(await teams.hasAdmin(organizationId))) {
    throw new Problem('rule-violated', { message: messages.last })
  }
}
