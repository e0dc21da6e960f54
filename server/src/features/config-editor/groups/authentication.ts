import type { FieldGroup } from '../field-group.ts'
import { textIn } from '../field-group.ts'

const ldapSchemes = ['ldap:', 'ldaps:']

export const ldap: FieldGroup = {
  name: 'LDAP',
  fields: {
    LDAP_ADMIN_DN: { type: 'string' },
    LDAP_ADMIN_PASSWD: { type: 'string' },
    LDAP_ALLOW_INSECURE_FALLBACK: { type: 'bool', usual: false },
    LDAP_BASE_DN: { type: 'array' },
    LDAP_EMAIL_ATTR: { type: 'string', usual: 'mail' },
    LDAP_MEMBEROF_ATTR: { type: 'string', usual: 'memberOf' },
    LDAP_SECONDARY_USER_RDNS: { type: 'array' },
    LDAP_UID_ATTR: { type: 'string', usual: 'uid' },
    LDAP_URI: { type: 'string', usual: 'ldap://localhost' },
    LDAP_USER_FILTER: { type: 'string' },
    LDAP_USER_RDN: { type: 'array' },
  },
  async check(check) {
    if (check.settings['AUTHENTICATION_TYPE'] !== 'LDAP') return
    const hasAdmin = check.required('LDAP_ADMIN_DN')
    const hasPassword = check.required('LDAP_ADMIN_PASSWD')
    const uri = check.text('LDAP_URI')
    if (!URL.canParse(uri)) {
      check.add('LDAP_URI must be of type URL', 'LDAP_URI')
      return
    }
    if (!ldapSchemes.includes(new URL(uri).protocol)) {
      check.add('LDAP_URI must be one of ldap, ldaps.', 'LDAP_URI')
      return
    }
    if (!hasAdmin || !hasPassword) return
    const problem = await check.live?.ldap({
      uri,
      adminDn: check.text('LDAP_ADMIN_DN'),
      password: check.text('LDAP_ADMIN_PASSWD'),
      baseDn: check.list('LDAP_BASE_DN').map(String).join(','),
      filter: `(&(${check.text('LDAP_UID_ATTR')}=*)${check.text('LDAP_USER_FILTER')})`,
    })
    if (problem !== undefined) check.add(problem.message, problem.tag)
  },
}

export const jwtAuthentication: FieldGroup = {
  name: 'JWTAuthentication',
  fields: {
    JWT_AUTH_ISSUER: { type: 'string' },
    JWT_GETUSER_ENDPOINT: { type: 'string' },
    JWT_QUERY_ENDPOINT: { type: 'string' },
    JWT_VERIFY_ENDPOINT: { type: 'string' },
  },
  check(check) {
    const { settings } = check
    if (settings['AUTHENTICATION_TYPE'] !== 'JWT') return
    check.required('JWT_VERIFY_ENDPOINT')
    for (const key of ['JWT_VERIFY_ENDPOINT', 'JWT_GETUSER_ENDPOINT', 'JWT_QUERY_ENDPOINT']) {
      const value = textIn(settings, key)
      if (value !== '' && !/^https?:\/\//.test(value)) check.add(`${key} must be a url`, key)
    }
    if (check.text('JWT_AUTH_ISSUER') === '') {
      check.add('JWT_AUTH_ISSUER is required for JWT', 'JWT_AUTH_ISSUER')
    }
  },
}

export const appTokenAuthentication: FieldGroup = {
  name: 'AppTokenAuthentication',
  fields: {
    FEATURE_APP_SPECIFIC_TOKENS: { type: 'bool', usual: true },
    FEATURE_DIRECT_LOGIN: { type: 'bool', usual: true },
  },
  check(check) {
    if (check.settings['AUTHENTICATION_TYPE'] !== 'AppToken') return
    if (!check.flag('FEATURE_APP_SPECIFIC_TOKENS')) {
      check.add(
        'FEATURE_APP_SPECIFIC_TOKENS must be enabled if AUTHENTICATION_TYPE is AppToken',
        'FEATURE_APP_SPECIFIC_TOKENS',
      )
    }
    if (check.flag('FEATURE_DIRECT_LOGIN')) {
      check.add(
        'FEATURE_DIRECT_LOGIN must be disabled if AUTHENTICATION_TYPE is AppToken',
        'FEATURE_DIRECT_LOGIN',
      )
    }
  },
}
