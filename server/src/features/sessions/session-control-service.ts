import type { AccountRow } from '../accounts/account-store.ts'
import type { Session, SessionService } from './session-service.ts'

/** The session of one request: what it is, and what its answer will make of it. */
export class SessionControl {
  readonly #sessions: SessionService
  #current: Session | undefined
  #ended = false
  #changed = false
  #nextCsrfToken: string | undefined

  constructor(sessions: SessionService, current: Session | undefined) {
    this.#sessions = sessions
    this.#current = current
    if (current && sessions.isDue(current)) this.#set(sessions.renew(current))
  }

  get current(): Session | undefined {
    return this.#current
  }

  /** Starts a session when there is none. */
  csrfToken(): string {
    if (this.#current === undefined) this.#set(this.#sessions.start())
    return this.#current?.csrfToken ?? ''
  }

  /** Also after a password was entered again or changed: the CSRF token is replaced. */
  signIn(account: Pick<AccountRow, 'uuid'>): void {
    const session = this.#sessions.signIn(account.uuid)
    this.#nextCsrfToken = session.csrfToken
    this.#set(session)
  }

  signOut(): void {
    this.#current = undefined
    this.#ended = true
    this.#changed = true
  }

  /** Headers of the answer. */
  async headers(): Promise<Readonly<Record<string, string>>> {
    if (!this.#changed) return {}
    const cookie =
      this.#current === undefined
        ? this.#ended && this.#sessions.emptyCookie()
        : await this.#sessions.cookie(this.#current)
    return {
      ...(cookie !== false && { 'Set-Cookie': cookie }),
      ...(this.#nextCsrfToken !== undefined && { 'X-Next-CSRF-Token': this.#nextCsrfToken }),
    }
  }

  #set(session: Session) {
    this.#current = session
    this.#changed = true
  }
}
