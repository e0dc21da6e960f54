import type { Client } from '../../api/client.ts'
import { m } from '../../paraglide/messages.js'
import { saveText } from '../appliance/save-text.ts'
import { keyTypeOf } from './certificate-text.ts'

/** What is done to the authority; each asks for some of the fields. */
export type AuthorityAction =
  | 'export'
  | 'offline'
  | 'bring-back'
  | 'protect'
  | 'passphrase'
  | 'renew'
  | 'roll-start'
  | 'roll-switch'
  | 'roll-finish'

export interface AuthorityFields {
  confirm: string
  key: string
  passphrase: string
  newPassphrase: string
  commonName: string
  keyType: string
  years: number | null
}
export type AuthorityField = keyof AuthorityFields

interface Described {
  readonly title: () => string
  readonly text: () => string
  readonly submit: () => string
  readonly done: () => string
  readonly fields: readonly AuthorityField[]
  /** Of the fields, those that have to be filled in. */
  readonly needs: readonly AuthorityField[]
  readonly isDanger?: true
}

export const authorityActions: Readonly<Record<AuthorityAction, Described>> = {
  export: {
    title: m.certificates_ca_export,
    text: m.certificates_ca_export_text,
    submit: m.certificates_ca_export,
    done: m.certificates_ca_exported,
    fields: ['confirm', 'newPassphrase', 'passphrase'],
    needs: ['newPassphrase'],
  },
  offline: {
    title: m.certificates_ca_offline,
    text: m.certificates_ca_offline_text,
    submit: m.certificates_ca_offline,
    done: m.certificates_ca_offline_done,
    fields: ['confirm', 'key', 'passphrase'],
    needs: ['key'],
    isDanger: true,
  },
  'bring-back': {
    title: m.certificates_ca_bring,
    text: m.certificates_ca_bring_text,
    submit: m.certificates_ca_bring,
    done: m.certificates_ca_bring_done,
    fields: ['key', 'passphrase', 'newPassphrase'],
    needs: ['key'],
  },
  protect: {
    title: m.certificates_ca_protect,
    text: m.certificates_ca_protect_text,
    submit: m.certificates_ca_protect,
    done: m.certificates_ca_protect_done,
    fields: ['confirm', 'passphrase', 'newPassphrase'],
    needs: [],
  },
  passphrase: {
    title: m.certificates_ca_store,
    text: m.certificates_ca_store_text,
    submit: m.certificates_ca_store,
    done: m.certificates_ca_store_done,
    fields: ['passphrase'],
    needs: ['passphrase'],
  },
  renew: {
    title: m.certificates_ca_renew,
    text: m.certificates_ca_renew_text,
    submit: m.certificates_ca_renew,
    done: m.certificates_ca_renew_done,
    fields: ['years', 'passphrase'],
    needs: ['years'],
  },
  'roll-start': {
    title: m.certificates_roll_start,
    text: m.certificates_roll_start_text,
    submit: m.certificates_roll_start,
    done: m.certificates_roll_started,
    fields: ['commonName', 'keyType', 'years', 'passphrase'],
    needs: ['years'],
  },
  'roll-switch': {
    title: m.certificates_roll_switch,
    text: m.certificates_roll_switch_text,
    submit: m.certificates_roll_switch,
    done: m.certificates_roll_switched,
    fields: ['confirm', 'passphrase'],
    needs: [],
  },
  'roll-finish': {
    title: m.certificates_roll_finish,
    text: m.certificates_roll_finish_text,
    submit: m.certificates_roll_finish,
    done: m.certificates_roll_finished,
    fields: ['confirm', 'passphrase'],
    needs: [],
    isDanger: true,
  },
}

const base = 'POST /api/v1/mooring/certificates/authority'

export async function runAuthorityAction(
  client: Client,
  action: AuthorityAction,
  values: AuthorityFields,
): Promise<void> {
  const { confirm, key, years } = values
  const passphrase = values.passphrase === '' ? {} : { passphrase: values.passphrase }
  const newOne = values.newPassphrase === '' ? {} : { new_passphrase: values.newPassphrase }
  const span = years === null ? {} : { years }
  switch (action) {
    case 'export': {
      const exported = await client.call(`${base}/export`, {
        body: { confirm, new_passphrase: values.newPassphrase, ...passphrase },
      })
      saveText('mooring-ca-key.pem', `${exported.key.trim()}\n${exported.certificate.trim()}\n`)
      return
    }
    case 'offline':
      await client.call(`${base}/offline`, { body: { confirm, key, ...passphrase } })
      return
    case 'bring-back':
      await client.call('PUT /api/v1/mooring/certificates/authority/key', {
        body: { key, ...passphrase, ...newOne },
      })
      return
    case 'protect':
      await client.call(`${base}/protect`, { body: { confirm, ...passphrase, ...newOne } })
      return
    case 'passphrase':
      await client.call('PUT /api/v1/mooring/certificates/authority/passphrase', {
        body: { passphrase: values.passphrase },
      })
      return
    case 'renew':
      await client.call(`${base}/renew`, { body: { ...span, ...passphrase } })
      return
    case 'roll-start':
      await client.call(`${base}/rollover`, {
        body: {
          ...(values.commonName.trim() !== '' && { common_name: values.commonName.trim() }),
          key_type: keyTypeOf(values.keyType),
          ...span,
          ...passphrase,
        },
      })
      return
    case 'roll-switch':
      await client.call(`${base}/rollover/switch`, { body: { confirm, ...passphrase } })
      return
    case 'roll-finish':
      await client.call(`${base}/rollover/finish`, { body: { confirm, ...passphrase } })
  }
}
