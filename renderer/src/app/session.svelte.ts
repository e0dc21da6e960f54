import { ApiError } from '../api/api-error.ts'
import type { Client } from '../api/client.ts'
import type { Output } from '../api/operations.ts'

export type User = Output<'GET /api/v1/user/'>
export type RegistryConfig = Output<'GET /config'>

/** Who looks at the pages, and what this registry can do. */
export class Session {
  #user = $state.raw<User>()
  #config = $state.raw<RegistryConfig>()
  #failure = $state.raw<unknown>()
  readonly #client: Client

  constructor(client: Client) {
    this.#client = client
  }

  get user(): User | undefined {
    return this.#user
  }
  get failure(): unknown {
    return this.#failure
  }
  get isReady(): boolean {
    return this.#config !== undefined
  }
  /** @throws before `load` succeeded; pages are only shown after it */
  get config(): RegistryConfig {
    if (this.#config === undefined) throw new Error('the configuration is not loaded yet')
    return this.#config
  }
  get isSuperUser(): boolean {
    return this.#user?.super_user === true
  }
  get isGlobalReader(): boolean {
    return this.#user?.global_readonly_super_user === true
  }
  get isReadOnly(): boolean {
    return this.#config?.registry_state === 'readonly'
  }
  /** A superuser who may change things now (ui-pages.md 1). */
  get mayAdminister(): boolean {
    return this.isSuperUser && !this.isGlobalReader && !this.isReadOnly
  }
  /** Whether anything at all may be changed now. */
  get mayChange(): boolean {
    return this.#user !== undefined && !this.isGlobalReader && !this.isReadOnly
  }

  /** @param feature without its prefix, as `/config` names it */
  has(feature: string): boolean {
    return this.#config?.features[feature] === true
  }
  /** A setting of `/config` that is a text. */
  text(name: string): string {
    const value = this.#config?.config[name]
    return typeof value === 'string' ? value : ''
  }

  isOwn(namespace: string): boolean {
    return this.#user?.username === namespace
  }
  /** By what the user's record says; the server decides again. */
  isOrganizationAdmin(namespace: string): boolean {
    const organization = this.#user?.organizations?.find(({ name }) => name === namespace)
    return organization?.is_org_admin === true || this.isSuperUser
  }
  isOrganizationMember(namespace: string): boolean {
    const isMember = this.#user?.organizations?.some(({ name }) => name === namespace) === true
    return isMember || this.isSuperUser
  }

  /** Loads both, again when something changed. Does not throw: `failure` says what went wrong. */
  async load(): Promise<void> {
    try {
      const [config, user] = await Promise.all([this.#client.call('GET /config'), this.#findUser()])
      this.#config = config
      this.#user = user
      this.#failure = undefined
    } catch (error) {
      this.#failure = error
    }
  }

  async refreshUser(): Promise<void> {
    this.#user = await this.#findUser()
  }

  async signIn(username: string, password: string): Promise<void> {
    this.#client.forgetToken()
    await this.#client.call('POST /api/v1/signin', { body: { username, password } })
    this.#client.forgetToken()
    await this.load()
  }

  /** Ends here even when the server does not answer. */
  async signOut(): Promise<void> {
    try {
      await this.#client.call('POST /api/v1/signout')
    } finally {
      this.forget()
    }
  }

  forget(): void {
    this.#user = undefined
    this.#client.forgetToken()
  }

  async #findUser(): Promise<User | undefined> {
    try {
      return await this.#client.call('GET /api/v1/user/')
    } catch (error) {
      if (error instanceof ApiError && [401, 403].includes(error.status)) return undefined
      throw error
    }
  }
}
