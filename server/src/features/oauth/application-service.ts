import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { Problem } from '../../problem.ts'
import type { AccountRow } from '../accounts/account-store.ts'
import type { SecretBox } from '../accounts/secret-box.ts'
import type { Actor, AuditLog } from '../audit/audit-log.ts'
import { oauthApplicationStore, type ApplicationRow } from './oauth-application-store.ts'
import type { OAuthTokenService } from './oauth-token-service.ts'

export type ApplicationService = ReturnType<typeof createApplicationService>

export interface ApplicationInput {
  readonly name: string
  readonly redirect_uri?: string | undefined
  readonly application_uri?: string | undefined
  readonly description?: string | undefined
  readonly avatar_email?: string | undefined
}

const clientIdLength = 20
const secretLength = 40
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
const reservedName = '__quay_bootstrap_app'
const perOrganizationAtMost = 1_000

/** OAuth applications, which belong to organizations (api-shapes, 9.1). */
export function createApplicationService({
  db,
  clock,
  random,
  secretBox,
  audit,
  oauthTokens,
}: {
  db: Db
  clock: Clock
  random: Random
  secretBox: SecretBox
  audit: AuditLog
  oauthTokens: Pick<OAuthTokenService, 'forget'>
}) {
  const newSecret = () => secretBox.seal(random.text(secretLength, alphabet))

  async function require(tx: Db, organization: AccountRow, clientId: string) {
    const application = await oauthApplicationStore(tx).find(clientId)
    if (application?.organization_id !== organization.id) throw new Problem('not-found')
    return application
  }

  /** @throws Problem `not-found` when it has gone meanwhile */
  async function change(
    tx: Db,
    { id }: ApplicationRow,
    changes: Parameters<ReturnType<typeof oauthApplicationStore>['update']>[1],
  ): Promise<ApplicationRow> {
    const changed = await oauthApplicationStore(tx).update(id, changes)
    if (changed === undefined) throw new Problem('not-found')
    return changed
  }

  return {
    find: (clientId: string): Promise<ApplicationRow | undefined> =>
      oauthApplicationStore(db).find(clientId),

    /** @throws Problem `not-found` */
    get: (organization: AccountRow, clientId: string): Promise<ApplicationRow> =>
      require(db, organization, clientId),

    list: (organization: AccountRow): Promise<ApplicationRow[]> =>
      oauthApplicationStore(db).list(organization.id),

    secretOf: ({ client_secret_encrypted }: ApplicationRow): string =>
      secretBox.open(client_secret_encrypted),

    /** @throws Problem `request-invalid` */
    async create(
      organization: AccountRow,
      input: ApplicationInput,
      by: Actor,
    ): Promise<ApplicationRow> {
      requireFreeName(input.name)
      const sealed = newSecret()
      return db.transaction().execute(async (tx) => {
        const applications = oauthApplicationStore(tx)
        if ((await applications.count(organization.id)) >= perOrganizationAtMost) {
          const message = `No more than ${String(perOrganizationAtMost)} applications are possible`
          throw new Problem('request-invalid', { message })
        }
        const application = await applications.insert({
          client_id: random.text(clientIdLength, alphabet),
          client_secret_encrypted: sealed,
          organization_id: organization.id,
          created_at: clock.now(),
          ...columnsOf(input),
        })
        await audit.recordIn(tx, {
          kind: 'create_application',
          account: organization,
          actor: by,
          metadata: { ...input, ...about(application) },
        })
        return application
      })
    },

    /** @throws Problem `not-found`, `request-invalid` */
    async update(
      organization: AccountRow,
      clientId: string,
      input: ApplicationInput,
      by: Actor,
    ): Promise<ApplicationRow> {
      return db.transaction().execute(async (tx) => {
        const application = await require(tx, organization, clientId)
        if (input.name !== application.name) requireFreeName(input.name)
        const changed = await change(tx, application, columnsOf(input))
        await audit.recordIn(tx, {
          kind: 'update_application',
          account: organization,
          actor: by,
          metadata: { ...input, ...about(changed) },
        })
        return changed
      })
    },

    /** @throws Problem `not-found` */
    async resetSecret(
      organization: AccountRow,
      clientId: string,
      by: Actor,
    ): Promise<ApplicationRow> {
      const sealed = newSecret()
      return db.transaction().execute(async (tx) => {
        const application = await require(tx, organization, clientId)
        const changed = await change(tx, application, { client_secret_encrypted: sealed })
        await audit.recordIn(tx, {
          kind: 'reset_application_client_secret',
          account: organization,
          actor: by,
          metadata: about(changed),
        })
        return changed
      })
    },

    /** Its tokens are void at once. @throws Problem `not-found` */
    async delete(organization: AccountRow, clientId: string, by: Actor): Promise<void> {
      await db.transaction().execute(async (tx) => {
        const application = await require(tx, organization, clientId)
        await oauthApplicationStore(tx).delete(application.id)
        await audit.recordIn(tx, {
          kind: 'delete_application',
          account: organization,
          actor: by,
          metadata: about(application),
        })
      })
      oauthTokens.forget()
    },

    /** The one that stands for its owner and has the owner's name as its client id; made when missing. */
    async findOrCreateOwn(
      tx: Db,
      owner: Pick<AccountRow, 'id' | 'username'>,
      name: string,
    ): Promise<ApplicationRow> {
      const applications = oauthApplicationStore(tx)
      return (
        (await applications.findByName(owner.id, name)) ??
        (await applications.insert({
          client_id: owner.username,
          client_secret_encrypted: newSecret(),
          organization_id: owner.id,
          created_at: clock.now(),
          ...columnsOf({ name }),
        }))
      )
    },
  }
}

function requireFreeName(name: string): void {
  if (name === reservedName) {
    const message = 'Application name is reserved for bootstrap token provisioning'
    throw new Problem('request-invalid', { message })
  }
}

const columnsOf = (input: ApplicationInput) => ({
  name: input.name,
  redirect_uri: input.redirect_uri ?? '',
  application_uri: input.application_uri ?? '',
  description: input.description ?? '',
  avatar_email: input.avatar_email ?? null,
})

const about = ({ name, client_id }: ApplicationRow) => ({ application_name: name, client_id })
