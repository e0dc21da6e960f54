import type { FieldGroup } from '../field-group.ts'
import { oidcServices } from './login-services.ts'

const authenticationTypes = ['Database', 'LDAP', 'JWT', 'Keystone', 'OIDC', 'AppToken']
const logins = ['FEATURE_DIRECT_LOGIN', 'FEATURE_GITHUB_LOGIN', 'FEATURE_GOOGLE_LOGIN'] as const

export const accessSettings: FieldGroup = {
  name: 'AccessSettings',
  fields: {
    AUTHENTICATION_TYPE: { type: 'string', usual: 'Database' },
    CREATE_REPOSITORY_ON_PUSH_PUBLIC: { type: 'bool', usual: false },
    FEATURE_ANONYMOUS_ACCESS: { type: 'bool', usual: true },
    FEATURE_DIRECT_LOGIN: { type: 'bool', usual: true },
    FEATURE_EXTENDED_REPOSITORY_NAMES: { type: 'bool', usual: true },
    FEATURE_GITHUB_LOGIN: { type: 'bool', usual: false },
    FEATURE_GOOGLE_LOGIN: { type: 'bool', usual: false },
    FEATURE_INVITE_ONLY_USER_CREATION: { type: 'bool', usual: false },
    FEATURE_PARTIAL_USER_AUTOCOMPLETE: { type: 'bool', usual: true },
    FEATURE_USERNAME_CONFIRMATION: { type: 'bool', usual: true },
    FEATURE_USER_CREATION: { type: 'bool', usual: true },
    FEATURE_USER_INITIALIZE: { type: 'bool', usual: false },
    FEATURE_USER_LAST_ACCESSED: { type: 'bool', usual: true },
    FEATURE_USER_LOG_ACCESS: { type: 'bool', usual: false },
    FEATURE_USER_METADATA: { type: 'bool', usual: false },
    FEATURE_USER_RENAME: { type: 'bool', usual: false },
    FRESH_LOGIN_TIMEOUT: { type: 'string', usual: '10m' },
    SESSION_TIMEOUT: { type: 'string', usual: '31d' },
    USER_RECOVERY_TOKEN_LIFETIME: { type: 'string', usual: '30m' },
  },
  check(check) {
    if (!authenticationTypes.includes(check.text('AUTHENTICATION_TYPE'))) {
      check.add(
        `AUTHENTICATION_TYPE must be one of ${authenticationTypes.join(', ')}.`,
        'AUTHENTICATION_TYPE',
      )
    }
    if (oidcServices(check.settings).length === 0 && !logins.some((key) => check.flag(key))) {
      check.add(`At least one of ${logins.join(',')} must be enabled`, ...logins)
    }
    check.duration('FRESH_LOGIN_TIMEOUT')
    check.duration('SESSION_TIMEOUT')
    check.duration('USER_RECOVERY_TOKEN_LIFETIME')
    if (check.flag('FEATURE_INVITE_ONLY_USER_CREATION') && !check.flag('FEATURE_USER_CREATION')) {
      check.add(
        'INVITE_USER_ONLY_CREATION requires FEATURE_USER_CREATION to be enabled',
        'INVITE_USER_ONLY_CREATION',
        'FEATURE_USER_CREATION',
      )
    }
  },
}
