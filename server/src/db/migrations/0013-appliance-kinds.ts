import type { Migration } from 'kysely/migration'

/**
 * Events of the appliance itself, which no other registry logs. Their ids begin far above those of
 * 0001, so that kinds which Quay adds one day keep its numbers here. Never edited, like that list.
 */
export const applianceKinds = [
  'certificate_issued',
  'certificate_renewed',
  'certificate_names_changed',
  'certificate_imported',
  'certificate_signed',
  'certificate_rolled_back',
  'certificate_request_created',
  'certificate_request_discarded',
  'certificate_authority_renewed',
  'certificate_authority_key_exported',
  'certificate_authority_taken_offline',
  'certificate_authority_key_stored',
  'certificate_authority_passphrase_stored',
  'certificate_authority_passphrase_forgotten',
  'certificate_authority_rollover_started',
  'certificate_authority_rollover_switched',
  'certificate_authority_rollover_finished',
  'certificate_authority_rollover_cancelled',
  'certificate_trust_added',
  'certificate_trust_removed',
  'worker_paused',
  'worker_resumed',
  'kiosk_pin_changed',
  'kiosk_pin_removed',
] as const

export const firstApplianceKindId = 1001

export const applianceLogKinds = (): Migration => ({
  async up(db) {
    await db
      .insertInto('logentrykind')
      .values(applianceKinds.map((name, at) => ({ id: firstApplianceKindId + at, name })))
      // The content of a later version may have been taken along.
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  },
})
