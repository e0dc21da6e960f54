import { ApiError } from '../../api/api-error.ts'
import type { Client } from '../../api/client.ts'

export interface ConsentCalls {
  /** Whether mail about the repository may go to an address. */
  readonly isGiven: (email: string) => Promise<boolean>
  /** Mails the address, unless it agreed already. @returns whether it did */
  readonly ask: (email: string) => Promise<boolean>
}

export const consentCalls = (client: Client, repository: string): ConsentCalls => ({
  async isGiven(email) {
    try {
      const { confirmed } = await client.call(
        'GET /api/v1/repository/{repository}/authorizedemail/{email}',
        { params: { repository, email } },
      )
      return confirmed
    } catch (cause) {
      // Never asked.
      if (cause instanceof ApiError && cause.status === 404) return false
      throw cause
    }
  },
  async ask(email) {
    const { confirmed } = await client.call(
      'POST /api/v1/repository/{repository}/authorizedemail/{email}',
      { params: { repository, email } },
    )
    return confirmed
  },
})
