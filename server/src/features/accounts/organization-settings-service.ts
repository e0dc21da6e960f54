import type { Config, FeatureConfig } from '../../config/config.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import { isProblem, Problem } from '../../problem.ts'
import type { Actor, AuditLog } from '../audit/audit-log.ts'
import type { LogKind } from '../audit/log-kinds.ts'
import type { NotificationService } from '../notifications/notification-service.ts'
import { accountStore, type AccountChanges, type AccountRow } from './account-store.ts'
import type { NamespaceDeletionService } from './namespace-deletion-service.ts'
import {
  requestedAddress,
  requireFreeAddress,
  type AddressRules,
  type RequestedAddress,
} from './organization-address-service.ts'
import { notificationFolder } from './team-invite-service.ts'

export type OrganizationSettingsService = ReturnType<typeof createOrganizationSettings>

export type SettingsRules = AddressRules &
  Pick<Config, 'tagExpirationOptionsMs'> & {
    readonly features: Pick<FeatureConfig, 'changeTagExpiration' | 'mailing'>
  }

export interface RequestedSettings extends RequestedAddress {
  readonly invoice_email?: boolean | undefined
  readonly invoice_email_address?: string | null | undefined
  readonly tag_expiration_s?: number | undefined
}

/** What the admins of an organization decide about it. */
export function createOrganizationSettings({
  db,
  clock,
  audit,
  deletion,
  notifications,
  config,
}: {
  db: Db
  clock: Clock
  audit: AuditLog
  deletion: NamespaceDeletionService
  notifications: NotificationService
  config: SettingsRules
}) {
  const { features, tagExpirationOptionsMs } = config

  function requireTagExpiration(seconds: number): void {
    if (tagExpirationOptionsMs.includes(seconds * 1000)) return
    throw new Problem('rule-violated', { message: 'Invalid tag expiration option' })
  }

  /** The changes that a request makes, each with its entry of the log. */
  function planChanges(organization: AccountRow, asked: RequestedSettings) {
    const changes: { set: AccountChanges; kind: LogKind; metadata: object }[] = []
    const { invoice_email, invoice_email_address, tag_expiration_s } = asked
    if (invoice_email !== undefined) {
      const set = { invoice_email: invoice_email ? 1 : 0 }
      changes.push({ set, kind: 'org_change_invoicing', metadata: { invoice_email } })
    }
    if (
      invoice_email_address !== undefined &&
      invoice_email_address !== organization.invoice_email_address
    ) {
      const set = { invoice_email_address }
      changes.push({ set, kind: 'org_change_invoicing', metadata: { invoice_email_address } })
    }
    const email = changedAddress(asked)
    if (email !== undefined && email !== organization.contact_email) {
      const metadata = { email, old_email: organization.contact_email }
      changes.push({ set: { contact_email: email }, kind: 'org_change_email', metadata })
    }
    if (tag_expiration_s !== undefined && features.changeTagExpiration) {
      requireTagExpiration(tag_expiration_s)
      const set = { removed_tag_expiration_s: tag_expiration_s }
      const metadata = { tag_expiration: tag_expiration_s }
      changes.push({ set, kind: 'org_change_tag_expiration', metadata })
    }
    return changes
  }

  return {
    /**
     * The address of a new organization. It has to have one while mail is sent.
     * @throws Problem `email-invalid`
     */
    newAddress(asked: RequestedAddress): string | null {
      const address = requestedAddress(asked) ?? null
      if (address === null && features.mailing) {
        const given = asked.contact_email ?? asked.email ?? ''
        throw new Problem('email-invalid', { message: `Invalid email address: ${given}` })
      }
      return address
    },

    /** @throws Problem `email-invalid`, `rule-violated` */
    async change(
      organization: AccountRow,
      asked: RequestedSettings,
      by: Actor,
    ): Promise<AccountRow> {
      const changes = planChanges(organization, asked)
      if (changes.length === 0) return organization
      const set = changes.reduce<AccountChanges>((all, change) => ({ ...all, ...change.set }), {})
      return db.transaction().execute(async (tx) => {
        if (typeof set.contact_email === 'string') {
          await requireFreeAddress(tx, set.contact_email, config)
        }
        const changed = await accountStore(tx).update(organization.id, set)
        for (const { kind, metadata } of changes) {
          await audit.recordIn(tx, {
            kind,
            account: organization,
            actor: by,
            metadata: { ...metadata, namespace: organization.username },
          })
        }
        return changed
      })
    },

    /** Gone for everybody at once; its name stays taken until all it held has been removed. */
    async delete(organization: AccountRow, by: Actor): Promise<void> {
      const graceMs = deletion.graceMsOf(organization.username)
      await db.transaction().execute(async (tx) => {
        await audit.recordIn(tx, {
          kind: 'org_delete',
          account: organization,
          actor: by,
          metadata: { namespace: organization.username },
        })
        await notifications.withdraw(tx, notificationFolder(organization.id))
        await deletion.deleteNamespace(tx, organization, { graceMs, now: clock.now() })
      })
    },
  }
}

/** Clients know this text without the address here. */
function changedAddress(asked: RequestedAddress): string | null | undefined {
  try {
    return requestedAddress(asked)
  } catch (error) {
    if (!isProblem(error, 'email-invalid')) throw error
    throw new Problem('email-invalid', { message: 'Invalid email address' }, { cause: error })
  }
}
