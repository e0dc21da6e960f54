import { describeRules } from '../rule-suite.ts'

const oidcService = {
  OIDC_SERVER: 'https://login.example/',
  CLIENT_ID: 'id',
  CLIENT_SECRET: 'secret',
  SERVICE_NAME: 'Plant',
}

describeRules('host and access', [
  [
    { SERVER_HOSTNAME: 'a b.example' },
    ['HostSettings [SERVER_HOSTNAME] SERVER_HOSTNAME must be of type Hostname'],
  ],
  [
    { SERVER_HOSTNAME: 'registry:8443' },
    [
      "HostSettings [SERVER_HOSTNAME] SERVER_HOSTNAME must be a fully qualified domain name (e.g. registry.example.com). Single-label hostnames like 'registry' are not supported by OpenShift",
    ],
  ],
  [{ SERVER_HOSTNAME: 'localhost:8443' }, []],
  [{ SERVER_HOSTNAME: '[fd00::5]:8443' }, []],
  [
    { PREFERRED_URL_SCHEME: 'gopher' },
    ['HostSettings [PREFERRED_URL_SCHEME] PREFERRED_URL_SCHEME must be one of http, https.'],
  ],
  [
    { PREFERRED_URL_SCHEME: 'https' },
    ['HostSettings [Certificates] Certificates are required for SSL but are not present'],
  ],
  [
    { PREFERRED_URL_SCHEME: 'https' },
    ['HostSettings [Certificates] Certificate ssl.key is required for HostSettings .'],
    { certs: new Map([['ssl.cert', Buffer.from('x')]]) },
  ],
  [{ PREFERRED_URL_SCHEME: 'https', EXTERNAL_TLS_TERMINATION: true }, []],

  [
    { AUTHENTICATION_TYPE: 'Magic' },
    [
      'AccessSettings [AUTHENTICATION_TYPE] AUTHENTICATION_TYPE must be one of Database, LDAP, JWT, Keystone, OIDC, AppToken.',
    ],
  ],
  [
    { FEATURE_DIRECT_LOGIN: false },
    [
      'AccessSettings [FEATURE_DIRECT_LOGIN FEATURE_GITHUB_LOGIN FEATURE_GOOGLE_LOGIN] At least one of FEATURE_DIRECT_LOGIN,FEATURE_GITHUB_LOGIN,FEATURE_GOOGLE_LOGIN must be enabled',
    ],
  ],
  [{ FEATURE_DIRECT_LOGIN: false, PLANT_LOGIN_CONFIG: oidcService }, []],
  [
    { SESSION_TIMEOUT: '3x', FRESH_LOGIN_TIMEOUT: '1y' },
    [
      'AccessSettings [FRESH_LOGIN_TIMEOUT] FRESH_LOGIN_TIMEOUT must have the regex pattern ^[0-9]+(w|m|d|h|s)$',
      'AccessSettings [SESSION_TIMEOUT] SESSION_TIMEOUT must have the regex pattern ^[0-9]+(w|m|d|h|s)$',
    ],
  ],
  [
    { FEATURE_INVITE_ONLY_USER_CREATION: true, FEATURE_USER_CREATION: false },
    [
      'AccessSettings [INVITE_USER_ONLY_CREATION FEATURE_USER_CREATION] INVITE_USER_ONLY_CREATION requires FEATURE_USER_CREATION to be enabled',
    ],
  ],
])
