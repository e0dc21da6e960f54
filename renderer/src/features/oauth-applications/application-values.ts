import type { Output } from '../../api/operations.ts'
import { m } from '../../paraglide/messages.js'
import { emailPattern } from '../account/account-rules.ts'

export type Application = Output<'GET /api/v1/organization/{orgname}/applications/{client_id}'>

export interface ApplicationValues {
  name: string
  application_uri: string
  description: string
  avatar_email: string
  redirect_uri: string
}

export const noApplication: ApplicationValues = {
  ...{ name: '', application_uri: '', description: '', avatar_email: '', redirect_uri: '' },
}

export const valuesOf = (application: Application): ApplicationValues => ({
  name: application.name,
  application_uri: application.application_uri,
  description: application.description,
  avatar_email: application.avatar_email ?? '',
  redirect_uri: application.redirect_uri ?? '',
})

export function checkApplication({
  name,
  application_uri,
  avatar_email,
  redirect_uri,
}: ApplicationValues) {
  const addressFault = (address: string) =>
    address.trim() === '' || /^https?:\/\/\S+$/i.test(address.trim())
      ? undefined
      : m.account_app_address_invalid()
  return {
    name: name.trim() === '' ? m.account_app_name_missing() : undefined,
    application_uri: addressFault(application_uri),
    redirect_uri: addressFault(redirect_uri),
    avatar_email:
      avatar_email.trim() === '' || emailPattern.test(avatar_email.trim())
        ? undefined
        : m.account_email_invalid(),
  }
}

export const trimmed = (values: ApplicationValues) => ({
  name: values.name.trim(),
  application_uri: values.application_uri.trim(),
  description: values.description,
  redirect_uri: values.redirect_uri.trim(),
  ...(values.avatar_email.trim() !== '' && { avatar_email: values.avatar_email.trim() }),
})
