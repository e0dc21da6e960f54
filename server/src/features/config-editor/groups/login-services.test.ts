import { describeRules } from '../rule-suite.ts'

const oidcService = {
  OIDC_SERVER: 'https://login.example/',
  CLIENT_ID: 'id',
  CLIENT_SECRET: 'secret',
  SERVICE_NAME: 'Plant',
}
const gitHubService = {
  GITHUB_ENDPOINT: 'https://github.example/',
  CLIENT_ID: 'a',
  CLIENT_SECRET: 'b',
}
const builds = { FEATURE_BUILD_SUPPORT: true }

describeRules('who people are', [
  [
    { AUTHENTICATION_TYPE: 'LDAP' },
    [
      'LDAP [LDAP_ADMIN_DN] LDAP_ADMIN_DN is required',
      'LDAP [LDAP_ADMIN_PASSWD] LDAP_ADMIN_PASSWD is required',
    ],
  ],
  [
    {
      AUTHENTICATION_TYPE: 'LDAP',
      LDAP_ADMIN_DN: 'cn=a',
      LDAP_ADMIN_PASSWD: 'p',
      LDAP_URI: 'http://x',
    },
    ['LDAP [LDAP_URI] LDAP_URI must be one of ldap, ldaps.'],
  ],
  [
    { AUTHENTICATION_TYPE: 'LDAP', LDAP_ADMIN_DN: 'cn=a', LDAP_ADMIN_PASSWD: 'p' },
    ['LDAP [LDAP_URI] Could not connect to ldap://localhost. Error: refused'],
    {
      live: {
        ldap: ({ uri }) =>
          Promise.resolve({
            message: `Could not connect to ${uri}. Error: refused`,
            tag: 'LDAP_URI',
          }),
      },
    },
  ],
  [
    { AUTHENTICATION_TYPE: 'JWT' },
    [
      'JWTAuthentication [JWT_VERIFY_ENDPOINT] JWT_VERIFY_ENDPOINT is required',
      'JWTAuthentication [JWT_AUTH_ISSUER] JWT_AUTH_ISSUER is required for JWT',
    ],
  ],
  [
    {
      AUTHENTICATION_TYPE: 'JWT',
      JWT_AUTH_ISSUER: 'i',
      JWT_VERIFY_ENDPOINT: 'x',
      JWT_QUERY_ENDPOINT: 'y',
    },
    [
      'JWTAuthentication [JWT_VERIFY_ENDPOINT] JWT_VERIFY_ENDPOINT must be a url',
      'JWTAuthentication [JWT_QUERY_ENDPOINT] JWT_QUERY_ENDPOINT must be a url',
    ],
  ],
  [
    { AUTHENTICATION_TYPE: 'AppToken', FEATURE_APP_SPECIFIC_TOKENS: false },
    [
      'AppTokenAuthentication [FEATURE_APP_SPECIFIC_TOKENS] FEATURE_APP_SPECIFIC_TOKENS must be enabled if AUTHENTICATION_TYPE is AppToken',
      'AppTokenAuthentication [FEATURE_DIRECT_LOGIN] FEATURE_DIRECT_LOGIN must be disabled if AUTHENTICATION_TYPE is AppToken',
    ],
  ],

  [
    { PLANT_LOGIN_CONFIG: {} },
    ['OIDC_SERVER', 'CLIENT_ID', 'CLIENT_SECRET', 'SERVICE_NAME'].map(
      (name) => `OIDC [PLANT_LOGIN_CONFIG.${name}] PLANT_LOGIN_CONFIG.${name} is required`,
    ),
  ],
  [
    { PLANT_LOGIN_CONFIG: { ...oidcService, OIDC_SERVER: 'https://login.example' } },
    ['OIDC [PLANT_LOGIN_CONFIG.OIDC_SERVER] OIDC_SERVER must end with a trailing /'],
  ],
  [
    { PLANT_LOGIN_CONFIG: oidcService },
    ['OIDC [PLANT_LOGIN_CONFIG.OIDC_SERVER] http://registry.plant7.example/oauth2/plant/callback'],
    { live: { oidc: ({ redirectUri }) => Promise.resolve(redirectUri) } },
  ],

  [
    { FEATURE_GITHUB_LOGIN: true },
    ['GitHubLogin [GITHUB_LOGIN_CONFIG] GITHUB_LOGIN_CONFIG is required for GitHubLogin'],
  ],
  [
    { FEATURE_GITHUB_LOGIN: true, GITHUB_LOGIN_CONFIG: {} },
    ['GITHUB_ENDPOINT', 'CLIENT_ID', 'CLIENT_SECRET'].map(
      (name) =>
        `GitHubLogin [GITHUB_LOGIN_CONFIG.${name}] GITHUB_LOGIN_CONFIG.${name} is required for GitHubLogin`,
    ),
  ],
  [
    { FEATURE_GITHUB_LOGIN: true, GITHUB_LOGIN_CONFIG: { ...gitHubService, GITHUB_ENDPOINT: 'x' } },
    [
      'GitHubLogin [GITHUB_LOGIN_CONFIG.GITHUB_ENDPOINT] GITHUB_LOGIN_CONFIG.GITHUB_ENDPOINT must be a url',
    ],
  ],
  [
    { FEATURE_GITHUB_LOGIN: true, GITHUB_LOGIN_CONFIG: { ...gitHubService, ORG_RESTRICT: true } },
    [
      'GitHubLogin [GITHUB_LOGIN_CONFIG.ORG_RESTRICT GITHUB_LOGIN_CONFIG.ALLOWED_ORGANIZATIONS] GITHUB_LOGIN_CONFIG.ALLOWED_ORGANIZATIONS must contain values if GITHUB_LOGIN_CONFIG.ORG_RESTRICT is true',
    ],
  ],
  [
    { ...builds, FEATURE_GITHUB_BUILD: true, GITHUB_TRIGGER_CONFIG: gitHubService },
    [
      'GitHubBuildTrigger [GITHUB_TRIGGER_CONFIG.CLIENT_ID GITHUB_TRIGGER_CONFIG.CLIENT_SECRET] Could not verify GitHub OAuth credentials',
    ],
    { live: { basicAuthStatus: () => Promise.resolve(401) } },
  ],
  [
    { ...builds, FEATURE_GITHUB_BUILD: true, GITHUB_TRIGGER_CONFIG: gitHubService },
    [
      'GitHubBuildTrigger [GITHUB_TRIGGER_CONFIG.CLIENT_ID GITHUB_TRIGGER_CONFIG.CLIENT_SECRET] Could not verify GitHub OAuth credentials',
    ],
    { mode: 'testing' },
  ],
  [
    {
      ...builds,
      FEATURE_GITHUB_BUILD: true,
      GITHUB_TRIGGER_CONFIG: {
        ...gitHubService,
        CLIENT_ID: 'test_client_key',
        CLIENT_SECRET: 'test_secret_key',
      },
    },
    [],
    { mode: 'testing' },
  ],
  [{ FEATURE_GITHUB_BUILD: true }, []],
  [
    { FEATURE_GOOGLE_LOGIN: true },
    ['GoogleLogin [GOOGLE_LOGIN_CONFIG] GOOGLE_LOGIN_CONFIG is required for GoogleLogin'],
  ],
  [
    { FEATURE_GOOGLE_LOGIN: true, GOOGLE_LOGIN_CONFIG: {} },
    ['CLIENT_ID', 'CLIENT_SECRET'].map(
      (name) =>
        `GoogleLogin [GOOGLE_LOGIN_CONFIG.${name}] GOOGLE_LOGIN_CONFIG.${name} is required for GoogleLogin`,
    ),
  ],
  [
    { FEATURE_GOOGLE_LOGIN: true, GOOGLE_LOGIN_CONFIG: { CLIENT_ID: 'a', CLIENT_SECRET: 'b' } },
    [
      'GoogleLogin [GOOGLE_LOGIN_CONFIG.CLIENT_ID GOOGLE_LOGIN_CONFIG.CLIENT_SECRET] Could not verify Google OAuth credentials',
    ],
    { live: { fakeCode: () => Promise.resolve(false) } },
  ],
  [
    { ...builds, FEATURE_GITLAB_BUILD: true, GITLAB_TRIGGER_CONFIG: {} },
    ['GITLAB_ENDPOINT', 'CLIENT_ID', 'CLIENT_SECRET'].map(
      (name) =>
        `GitLabBuildTrigger [GITLAB_TRIGGER_CONFIG.${name}] GITLAB_TRIGGER_CONFIG.${name} is required for GitLabBuildTrigger`,
    ),
  ],
  [
    {
      ...builds,
      FEATURE_GITLAB_BUILD: true,
      GITLAB_TRIGGER_CONFIG: {
        GITLAB_ENDPOINT: 'https://gitlab.example',
        CLIENT_ID: 'a',
        CLIENT_SECRET: 'b',
      },
    },
    [
      'GitLabBuildTrigger [GITLAB_TRIGGER_CONFIG.CLIENT_ID GITLAB_TRIGGER_CONFIG.CLIENT_SECRET] Could not verify GitLab OAuth credentials',
    ],
    { live: { fakeCode: (url) => Promise.resolve(url !== 'https://gitlab.example/oauth/token') } },
  ],
  [
    { ...builds, FEATURE_BITBUCKET_BUILD: true },
    ['BitbucketBuildTrigger [BITBUCKET_TRIGGER_CONFIG] BITBUCKET_TRIGGER_CONFIG is required'],
  ],
  [
    { ...builds, FEATURE_BITBUCKET_BUILD: true, BITBUCKET_TRIGGER_CONFIG: {} },
    ['CONSUMER_KEY', 'CONSUMER_SECRET'].map(
      (name) =>
        `BitbucketBuildTrigger [BITBUCKET_TRIGGER_CONFIG.${name}] BITBUCKET_TRIGGER_CONFIG.${name} is required`,
    ),
  ],
  [
    {
      ...builds,
      FEATURE_BITBUCKET_BUILD: true,
      BITBUCKET_TRIGGER_CONFIG: { CONSUMER_KEY: 'a', CONSUMER_SECRET: 'b' },
    },
    [
      'BitbucketBuildTrigger [BITBUCKET_TRIGGER_CONFIG.CONSUMER_ID BITBUCKET_TRIGGER_CONFIG.CONSUMER_SECRET] Cannot validate BITBUCKET_TRIGGER_CONFIG credentials',
    ],
    { live: { basicAuthStatus: () => Promise.resolve(undefined) } },
  ],
])
