import { Problem } from '../../problem.ts'

const pattern = /^([a-z0-9]+(?:[._-][a-z0-9]+)*)$/
const mustMatch = 'Namespace must match expression ^([a-z0-9]+(?:[._-][a-z0-9]+)*)$'
const mustFit = 'Namespace must be between 2 and 255 characters in length'

/** First path segments of the server and of its pages, which a namespace of that name would hide. */
const reserved = new Set(
  (
    'api v1 v2 oauth oauth2 keys health config csrf_token repository organization user signin ' +
    'search webhooks secscan realtime ' +
    'home overview createaccount updateuser recover oauth-error service-keys change-log usage-logs ' +
    'build-logs messages about security setup certificates mirrors bundles storage system service ' +
    'help static'
  ).split(' '),
)

/** What is wrong with a name for a user, an organization or the short name of a robot. */
export function namespaceFault(name: string): string | undefined {
  if (name.length < 2 || name.length > 255) return mustFit
  return pattern.test(name) ? undefined : mustMatch
}

/** @throws Problem `namespace-invalid` */
export function requireNewNamespace(name: string, what: 'username' | 'namespace'): void {
  const fault = namespaceFault(name) ?? (reserved.has(name) ? 'this name is reserved' : undefined)
  if (fault !== undefined) {
    throw new Problem('namespace-invalid', { name, message: `Invalid ${what} ${name}: ${fault}` })
  }
}

export function isEmail(text: string): boolean {
  const [local, domain, ...more] = text.split('@')
  const labels = domain?.split('.') ?? []
  return (
    text.length <= 254 &&
    more.length === 0 &&
    local !== '' &&
    labels.length >= 2 &&
    labels.every((label) => label !== '') &&
    !/\s/.test(text)
  )
}

/** @throws Problem `email-invalid` */
export function requireEmail(email: string): void {
  if (isEmail(email)) return
  throw new Problem('email-invalid', { email, message: `Invalid email address: ${email}` })
}

/** @throws Problem `password-invalid` */
export function requirePassword(password: string): void {
  if (password.length >= 8 && !/\s/.test(password)) return
  throw new Problem('password-invalid', {
    message: 'Invalid password, password must be at least 8 characters and contain no whitespace.',
  })
}

/** `ns+short`, taken apart; undefined when the name is not that of a robot. */
export function splitRobotName(username: string) {
  const plus = username.indexOf('+')
  if (plus < 0) return undefined
  return { namespace: username.slice(0, plus), shortName: username.slice(plus + 1) }
}
