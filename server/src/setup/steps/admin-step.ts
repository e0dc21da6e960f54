import { AdminValues } from '../../contract/setup-steps.ts'
import {
  isEmail,
  requireNewNamespace,
  requirePassword,
} from '../../features/accounts/account-names.ts'
import { messageOf, Problem } from '../../problem.ts'
import type { Passwords } from '../../features/accounts/password.ts'
import type { Step } from '../step.ts'

/** What a stored password looks like: it is kept as a hash from the moment it is saved. */
export const passwordHashPrefix = '$argon2id$'

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
    faults: ({ username, email, password }) =>
      Promise.resolve([
        ...faultOf('username', () => {
          requireNewNamespace(username, 'username')
        }),
        ...(email === '' || isEmail(email)
          ? []
          : [{ field: 'email', text: 'must be an e-mail address' }]),
        ...(password.startsWith(passwordHashPrefix)
          ? []
          : faultOf('password', () => {
              requirePassword(password)
            })),
      ]),
    async *check() {},
    summary: ({ username, email, anonymousPulls, selfRegistration }) => [
      { label: 'Administrator', value: email === '' ? username : `${username} <${email}>` },
      { label: 'Anonymous pulls', value: anonymousPulls ? 'allowed' : 'off' },
      { label: 'Self-registration', value: selfRegistration ? 'allowed' : 'off' },
    ],
    keepAs: (password) => passwords.hash(password),
  }
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
