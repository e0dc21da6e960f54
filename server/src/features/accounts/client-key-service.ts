import type { Db } from '../../db/tables.ts'
import { isProblem, Problem } from '../../problem.ts'
import type { Actor, AuditLog } from '../audit/audit-log.ts'
import type { AccountRow } from './account-store.ts'
import type { CredentialsService } from './credentials-service.ts'
import type { EncryptedPasswords } from './encrypted-password.ts'

export type ClientKeyService = ReturnType<typeof createClientKeyService>

/** Encrypted passwords, for who knows the password. */
export function createClientKeyService({
  db,
  credentials,
  encryptedPasswords,
  audit,
}: {
  db: Db
  credentials: CredentialsService
  encryptedPasswords: EncryptedPasswords
  audit: AuditLog
}) {
  return {
    /** @throws Problem `request-invalid` for a wrong password; `login-throttled` */
    async generate(
      account: AccountRow,
      password: string,
      address: string,
      by: Actor,
    ): Promise<string> {
      try {
        await credentials.verifyPerson({ username: account.username, password, address })
      } catch (error) {
        if (!isProblem(error, 'credentials-invalid')) throw error
        throw new Problem('request-invalid', error.detail, { cause: error })
      }
      await audit.recordIn(db, {
        kind: 'user_generate_client_key',
        account,
        actor: by,
        metadata: {},
      })
      return encryptedPasswords.encrypt(password)
    },
  }
}
