import type { Db } from '../../db/tables.ts'
import { Problem } from '../../problem.ts'
import { accountStore, type AccountRow } from '../accounts/account-store.ts'
import type { SecretBox } from '../accounts/secret-box.ts'
import { maskedProxies, unmaskedProxies, type ProxySettings } from './proxy-address.ts'
import { parseRules } from './mirror-rules.ts'
import type { MirrorRow } from './mirror-store.ts'
import { parseUpstreamReference } from './upstream-reference.ts'

export type MirrorSettingsService = ReturnType<typeof createMirrorSettings>

export interface UpstreamSettings {
  readonly verify_tls?: boolean | undefined
  readonly unsigned_images?: boolean | undefined
  readonly proxy?: ProxySettings | undefined
}

/** As the API takes it; what is not named stays. */
export interface MirrorWish {
  readonly is_enabled?: boolean | undefined
  readonly external_reference?: string | undefined
  readonly external_registry_username?: string | null | undefined
  readonly external_registry_password?: string | null | undefined
  readonly external_registry_config?: UpstreamSettings | undefined
  readonly sync_interval?: number | undefined
  readonly sync_start_date?: string | undefined
  readonly root_rule?: { readonly rule_value: readonly string[] } | undefined
  readonly robot_username?: string | undefined
  readonly skopeo_timeout_interval?: number | undefined
  readonly architecture_filter?: readonly string[] | null | undefined
}

const architectures = ['amd64', 'arm64', 'ppc64le', 's390x']
const shortestTimeoutS = 300
export const invalidUsername = '(invalid. please re-enter)'

/** Reads and checks what somebody wants of a mirror, and what is kept of it. */
export function createMirrorSettings({
  secretBox,
  isAllowed,
  acceptsSparse,
}: {
  secretBox: SecretBox
  /** Whether a host may be called, as far as its name tells. */
  isAllowed: (host: string) => Promise<boolean>
  acceptsSparse: boolean
}) {
  const openOr = <Otherwise>(sealed: string, otherwise: Otherwise): string | Otherwise => {
    try {
      return secretBox.open(sealed)
    } catch {
      return otherwise
    }
  }

  const upstreamOf = ({ upstream_json }: Pick<MirrorRow, 'upstream_json'>): UpstreamSettings =>
    JSON.parse(openOr(upstream_json, '{}')) as UpstreamSettings

  return {
    seal: (text: string): string => secretBox.seal(text),
    upstreamOf,

    /** As it is shown. */
    usernameOf: ({ username_encrypted: sealed }: MirrorRow): string | null =>
      sealed === null ? null : openOr(sealed, invalidUsername),

    /** Undefined when they cannot be read, because the key is another one now. */
    credentialsOf({ username_encrypted: username, password_encrypted: password }: MirrorRow) {
      if (username === null) return { kind: 'none' } as const
      const opened = {
        username: openOr(username, undefined),
        password: password === null ? '' : openOr(password, undefined),
      }
      if (opened.username === undefined || opened.password === undefined) return undefined
      return { kind: 'some', username: opened.username, password: opened.password } as const
    },

    rulesOf: parseRules,

    patternsOf: ({ patterns_json }: Pick<MirrorRow, 'patterns_json'>) =>
      JSON.parse(patterns_json) as string[],

    architecturesOf: ({ architectures_json }: Pick<MirrorRow, 'architectures_json'>) =>
      JSON.parse(architectures_json) as string[],

    /** As it was stored, but without the passwords of proxies. */
    shownUpstream(mirror: MirrorRow): UpstreamSettings {
      const { proxy, ...rest } = upstreamOf(mirror)
      return proxy === undefined ? rest : { ...rest, proxy: maskedProxies(proxy) }
    },

    /** Key by key over what is there. */
    mergeUpstream(
      before: UpstreamSettings,
      { proxy, ...rest }: UpstreamSettings,
    ): UpstreamSettings {
      const settled = Object.fromEntries(
        Object.entries(rest).filter(([, value]) => value !== undefined),
      )
      if (proxy === undefined) return { ...before, ...settled }
      const proxies = unmaskedProxies(proxy, before.proxy)
      return { ...before, ...settled, proxy: { ...before.proxy, ...proxies } }
    },

    /** @throws Problem `request-invalid` */
    async parseReference(text: string) {
      const reference = parseUpstreamReference(text)
      if (!(await isAllowed(reference.host))) {
        const message = 'The provided registry location is not allowed'
        throw new Problem('request-invalid', { message })
      }
      return reference
    },

    /** @throws Problem `state-invalid` */
    parseStart(text: string): number {
      const isDate = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text)
      const at = isDate ? Date.parse(text) : Number.NaN
      if (!Number.isNaN(at)) return at
      const message = 'Incorrect DateTime format for sync_start_date.'
      throw new Problem('state-invalid', { message })
    },

    /** @throws Problem `state-invalid`; the two routes end their sentences differently. */
    requireTimeout(seconds: number, end: '' | '.'): void {
      if (seconds >= shortestTimeoutS) return
      const message = `Skopeo timeout interval cannot be less than 300 seconds${end}`
      throw new Problem('state-invalid', { message })
    },

    /** @throws Problem `state-invalid` */
    requireArchitectures(wanted: readonly string[]): void {
      if (wanted.length === 0) return
      if (!acceptsSparse) throw sparseNeeded('state-invalid')
      const invalid = wanted.filter((one) => !architectures.includes(one))
      if (invalid.length === 0) return
      const message = `Invalid architectures: ${invalid.join(', ')}`
      throw new Problem('state-invalid', { message })
    },

    /** @throws Problem `request-invalid` */
    requirePlatforms(wanted: readonly string[]): void {
      if (wanted.length > 0 && !acceptsSparse) throw sparseNeeded('request-invalid')
    },

    /** @throws Problem `rule-violated` in Quay's words */
    async getRobot(
      tx: Db,
      namespace: Pick<AccountRow, 'username'>,
      username: string,
    ): Promise<AccountRow> {
      const isOwn = username.startsWith(`${namespace.username}+`)
      if (!isOwn) throw new Problem('rule-violated', { username, message: 'Invalid robot' })
      const robot = await accountStore(tx).find(username)
      if (robot?.robot === 1) return robot
      const message = 'Could not find robot with specified username'
      throw new Problem('rule-violated', { username, message })
    },
  }
}

function sparseNeeded(code: 'state-invalid' | 'request-invalid'): Problem {
  const message = 'Architecture filtering requires FEATURE_SPARSE_INDEX to be enabled.'
  return new Problem(code, { message })
}
