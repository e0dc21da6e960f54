import { openDatabase } from '../../db/open.ts'
import { accountStore } from '../../features/accounts/account-store.ts'
import { system } from '../../features/audit/audit-log.ts'
import { wireAccounts } from '../../wiring/accounts.ts'
import type { Task } from './task.ts'

export const adminTask: Task = {
  id: 'admin',
  step: 'admin',
  failure: 'MOOR-SET-034',
  async run({ values, recoveryDigests, loadConfig, clock, random, log, remember }) {
    const { username, email, password: hash } = values.admin
    const config = await loadConfig()
    const database = await openDatabase(config.database, { logger: log })
    try {
      const people = wireAccounts({ config, database, clock, random, log })
      try {
        const found = await people.accounts.find(username)
        if (found === undefined) {
          const address = email === '' ? null : email
          const user = { username, email: address, password: { hash } }
          const { id } = await people.accounts.createUser(user, system)
          await people.recoveryCodes.keep(id, recoveryDigests)
          await database.flush()
          await remember({ adminId: id })
          return `created ${username}`
        }
        if (found.organization === 1 || found.robot === 1) {
          throw new Error(`${username} exists already, and is no person`)
        }
        // Made by an earlier attempt, perhaps with another password.
        if (found.password_hash !== hash) {
          await accountStore(database.db).update(found.id, {
            password_hash: hash,
            uuid: random.uuid(),
          })
        }
        await people.recoveryCodes.keep(found.id, recoveryDigests)
        await database.flush()
        await remember({ adminId: found.id })
        return `${username} is there`
      } finally {
        await people.audit.close()
      }
    } finally {
      await database.close()
    }
  },
}
