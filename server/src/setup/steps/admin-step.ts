import { AdminValues } from '../../contract/setup-steps.ts'
import {
  isEmail,
  requireNewNamespace,
  requirePassword,
} from '../../features/accounts/account-names.ts'
import { messageOf, Problem } from '../../problem.ts'
import type { Passwords } from '../../features/accounts/password.ts'
import { isCommonPassword } from '../common-passwords.ts'
import type { Step } from '../step.ts'

/** What a stored password looks like: it is kept as a hash from the moment it is saved. */
export const passwordHashPrefix = '$argon2id$'
const hashPattern =
  /^\$argon2id\$v=19\$m=\d{1,6},t=\d{1,2},p=\d\$[A-Za-z0-9+/]{8,64}\$[A-Za-z0-9+/]{16,128}$/
const isHash = (password: string) => hashPattern.test(password)

export function adminStep(passwords: Pick<Passwords, 'hash'>): Step<'admin'> {
  return {
    id: 'admin',
    schema: AdminValues,
    defaults: () =>
      Promise.resolve({
        username: 'admin',
        email: '',
        anonymousPulls: false,
        selfRegistration: false,
        sessionDays: 31,
      }),
    faults: async ({ username, email, password }) => [
      ...faultOf('username', () => {
        requireNewNamespace(username, 'username')
      }),
      ...(email === '' || isEmail(email)
        ? []
        : [{ field: 'email', text: 'must be an e-mail address' }]),
      ...(isHash(password) ? [] : await passwordFaults(password)),
    ],
    async *check() {},
    summary: ({ username, email, anonymousPulls, selfRegistration }) => [
      { label: 'Administrator', value: email === '' ? username : `${username} <${email}>` },
      { label: 'Anonymous pulls', value: anonymousPulls ? 'allowed' : 'off' },
      { label: 'Self-registration', value: selfRegistration ? 'allowed' : 'off' },
    ],
    keepAs: (password) => (isHash(password) ? Promise.resolve(password) : passwords.hash(password)),
  }
}

async function passwordFaults(password: string) {
  const broken = faultOf('password', () => {
    requirePassword(password)
  })
  if (broken.length > 0 || !(await isCommonPassword(password))) return broken
  return [{ field: 'password', text: 'must not be one of the passwords that everybody tries' }]
}

function faultOf(field: string, rule: () => void) {
  try {
    rule()
    return []
  } catch (error) {
    if (error instanceof Problem) return [{ field, text: messageOf(error, error.code) }]
    throw error
  }
}
