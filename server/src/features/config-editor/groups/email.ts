import type { FieldGroup } from '../field-group.ts'
import { isOn } from '../field-group.ts'

export const email: FieldGroup = {
  name: 'Email',
  fields: {
    BLACKLISTED_EMAIL_DOMAINS: { type: 'array' },
    FEATURE_BLACKLISTED_EMAILS: { type: 'bool', usual: false },
    FEATURE_MAILING: { type: 'bool', usual: false },
    MAIL_DEFAULT_SENDER: { type: 'string', usual: 'support@quay.io' },
    MAIL_PASSWORD: { type: 'string' },
    MAIL_PORT: { type: 'int', usual: 587 },
    MAIL_SERVER: { type: 'string' },
    MAIL_USERNAME: { type: 'string' },
    MAIL_USE_AUTH: { type: 'bool', usual: false },
    MAIL_USE_TLS: { type: 'bool', usual: false },
  },
  async check(check) {
    if (!check.flag('FEATURE_MAILING')) return
    const hasServer = check.required('MAIL_SERVER')
    if (isOn(check.settings['FEATURE_FIPS']) && !check.flag('MAIL_USE_TLS')) {
      check.add(
        'MAIL_USE_TLS must be enabled when running in FIPS mode.',
        'MAIL_USE_TLS',
        'FEATURE_FIPS',
      )
    }
    if (!hasServer) return
    const [user, password] = [check.text('MAIL_USERNAME'), check.text('MAIL_PASSWORD')]
    const problem = await check.live?.mail({
      server: check.text('MAIL_SERVER'),
      port: check.number('MAIL_PORT') ?? 587,
      useTls: check.flag('MAIL_USE_TLS'),
      ...(check.flag('MAIL_USE_AUTH') && { credentials: { user, password } }),
    })
    if (problem !== undefined) check.add(problem.message, problem.tag)
  },
}
