import { LRUCache } from 'lru-cache'
import { parseAuthorization } from '../../http/basic-credentials.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { Clock } from '../../platform/clock.ts'
import { Problem } from '../../problem.ts'
import type { AccessService } from '../access/access-service.ts'
import type { CredentialsService } from '../accounts/credentials-service.ts'
import type { Principal } from '../accounts/principal.ts'
import {
  parseRepositoryName,
  type RepositoryName,
  type RepositoryNameRules,
} from '../repositories/repository-name.ts'
import type { RepositoryService } from '../repositories/repository-service.ts'
import type { RepositoryRow } from '../repositories/repository-store.ts'
import type { AccessEntry, RegistryTokens, TokenSubject } from './registry-token.ts'
import type { TokenSubjects } from './token-subject-service.ts'

/** Who sent a registry request, and, when a token came with it, what the token allows. */
export interface Caller {
  readonly principal: Principal
  readonly access?: readonly AccessEntry[]
}

export interface Admission {
  readonly caller: Caller
  readonly repository: RepositoryRow
}

export type WhenMissing = (
  caller: Caller,
  name: RepositoryName,
) => Promise<RepositoryRow | undefined>

export type RegistryAction = 'pull' | 'push' | 'delete'
export type RegistryGate = ReturnType<typeof createRegistryGate>

const rememberPrincipalMs = 5_000
const anonymous: Caller = { principal: { kind: 'anonymous' } }

/** The one door of `/v2`: says who calls and lets the call into a repository or not. */
export function createRegistryGate({
  tokens,
  subjects,
  credentials,
  access,
  repositories,
  names,
  serverHostname,
  switches,
  clock,
}: {
  tokens: RegistryTokens
  subjects: TokenSubjects
  credentials: CredentialsService
  access: AccessService
  repositories: RepositoryService
  names: RepositoryNameRules
  serverHostname: string
  switches: {
    readonly anonymousAccess: boolean
    readonly readOnly: boolean
    readonly disablePushes: boolean
  }
  clock: Clock
}) {
  const principals = new LRUCache<string, { principal: Principal; until: number }>({ max: 10_000 })

  return {
    identify,

    parseName: (text: string): RepositoryName => parseRepositoryName(text, names),

    /**
     * Admits a call to a repository.
     * @param whenMissing may bring a repository forth for a caller who has the right to it.
     * @throws Problem `access-denied` with the scope that is missing, before anything about the
     *   repository can be learned; `repository-unknown` only for a caller who has the right.
     */
    async admit(
      exchange: Exchange,
      nameText: string,
      action: RegistryAction,
      whenMissing: WhenMissing = () => Promise.resolve(undefined),
    ): Promise<Admission> {
      const caller = await identify(exchange)
      const name = parseRepositoryName(nameText, names)
      // Tokens grant no push while nothing may be written, so this is said before the right is asked.
      if (action !== 'pull' && caller.principal.kind !== 'anonymous') requireWritable(switches)
      const repository = await repositories.find(name.fullName)
      if (!(await isAllowed(caller, name, repository, action))) {
        const scope = `repository:${name.fullName}:${action === 'pull' ? 'pull' : 'pull,push'}`
        const restricted =
          action !== 'pull' && (await access.isRestrictedAt(caller.principal, name.namespace))
        throw new Problem('access-denied', { scope, ...(restricted && { restricted }) })
      }
      if (action !== 'pull') requireWritable(switches)
      // Asked again: allowing a push may just have created the repository.
      const found =
        repository ?? (await repositories.find(name.fullName)) ?? (await whenMissing(caller, name))
      if (found === undefined) throw new Problem('repository-unknown', { name: name.fullName })
      return { caller, repository: found }
    },

    /** Whether the caller may pull from a repository, for mounts. */
    async mayPull(caller: Caller, repository: RepositoryRow): Promise<boolean> {
      if (grants(caller.access, repository.full_name, 'pull')) return true
      return (await access.roleOn(caller.principal, repository)) !== 'none'
    },
  }

  function grants(
    access: readonly AccessEntry[] | undefined,
    fullName: string,
    action: RegistryAction,
  ): boolean {
    const enough: readonly string[] = sufficient[action]
    return (access ?? []).some(
      (entry) =>
        entry.type === 'repository' &&
        entry.actions.some((granted) => enough.includes(granted)) &&
        (entry.name === fullName || fullNameOf(entry.name) === fullName),
    )
  }

  /** Tokens echo the name as it was asked for: perhaps with our host, perhaps without a namespace. */
  function fullNameOf(asked: string): string {
    const prefix = `${serverHostname}/`
    return parseRepositoryName(asked.startsWith(prefix) ? asked.slice(prefix.length) : asked, names)
      .fullName
  }

  async function identify(exchange: Exchange): Promise<Caller> {
    const authorization = parseAuthorization(exchange.req.headers.authorization)
    switch (authorization.scheme) {
      case 'none':
        return anonymous
      case 'bearer': {
        const token = await tokens.verify(authorization.token)
        if (token.subject.kind === 'anonymous') return { ...anonymous, access: token.access }
        const principal = await principalOf(token.subject)
        if (principal === undefined) {
          throw new Problem('token-invalid', {
            reason: 'The account of this token is gone or disabled',
          })
        }
        return { principal, access: token.access }
      }
      case 'basic':
        return {
          principal: await credentials.authenticate({
            username: authorization.username,
            password: authorization.password,
            address: exchange.clientAddress,
          }),
        }
      case 'unreadable':
        throw new Problem('token-invalid', { reason: 'Invalid Authorization header' })
    }
  }

  /** Asked again every few seconds: whoever was disabled is out soon, and a pull costs no look-up. */
  async function principalOf(subject: TokenSubject): Promise<Principal | undefined> {
    const key = JSON.stringify(subject)
    const known = principals.get(key)
    if (known !== undefined && clock.now() < known.until) return known.principal
    const principal = await subjects.principalOf(subject)
    if (principal !== undefined) {
      principals.set(key, { principal, until: clock.now() + rememberPrincipalMs })
    }
    return principal
  }

  async function isAllowed(
    caller: Caller,
    name: RepositoryName,
    repository: RepositoryRow | undefined,
    action: RegistryAction,
  ): Promise<boolean> {
    if (grants(caller.access, name.fullName, action)) return true
    if (action === 'pull' && repository?.visibility === 'public' && switches.anonymousAccess)
      return true
    if (caller.access !== undefined || caller.principal.kind === 'anonymous') return false
    // Credentials instead of a token: what the token service would have granted, decided now.
    if (action === 'delete' && repository === undefined) return false
    const wanted = action === 'pull' ? 'pull' : 'push'
    return (await access.decide(caller.principal, name, [wanted])).includes(wanted)
  }
}

/** Registry-wide switches that stop writes (registry-protocol, 4 and 8). */
function requireWritable({
  readOnly,
  disablePushes,
}: {
  readOnly: boolean
  disablePushes: boolean
}): void {
  if (readOnly) throw new Problem('registry-read-only')
  if (disablePushes) throw new Problem('pushes-disabled')
}

/** `push` also lets read, `*` everything (registry-protocol, 3.2). */
const sufficient = {
  pull: ['pull', 'push', '*'],
  push: ['push', '*'],
  delete: ['push', '*', 'delete'],
} as const satisfies Record<RegistryAction, readonly string[]>
