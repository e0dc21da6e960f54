import type { AccountRow } from '../../features/accounts/account-store.ts'
import { system, type Actor } from '../../features/audit/audit-log.ts'
import { presentOutcome } from '../../features/interface/present-outcome.ts'
import { parseRepositoryName } from '../../features/repositories/repository-name.ts'
import type { Instant } from '../../platform/clock.ts'
import { isProblem } from '../../problem.ts'
import type { RunningServer } from '../../start.ts'
import {
  isPlainHttp,
  loginOf,
  placeOf,
  proxyOf,
  type ChosenContent,
  type ChosenUpstream,
} from '../first-content.ts'
import type { RevealedValues } from '../step.ts'

export interface Filling extends Pick<RunningServer, 'people' | 'content'> {
  readonly outbound: RevealedValues['network']['outbound']
  readonly admin: AccountRow
  readonly now: Instant
}

/** One thing that was made, or why it was not. */
export interface Filled {
  readonly what: string
  readonly reason?: string
}

/** The short name of the robot that writes what a mirror fetches. */
const mirrorRobot = 'mirror'
const cachedForSeconds = 86_400
const timeoutSeconds = 3_600
const names = { extended: true, librarySupport: false, libraryNamespace: 'library' }

/**
 * Makes what was chosen of one upstream, by the services that the API uses. What the rules refuse is
 * named, and the rest goes on; what is there already is brought in line.
 */
export async function* fillUpstream(
  upstream: ChosenUpstream,
  filling: Filling,
): AsyncGenerator<Filled> {
  const made = await tried(`organization ${upstream.organization}`, () =>
    organizationOf(upstream, filling),
  )
  yield made.filled
  const organization = made.value
  if (organization === undefined) return
  const by = actorOf(filling)
  if (upstream.mode === 'cache') {
    const what = `cache of ${placeOf(upstream)}`
    const cached = await tried(what, () => makeCache(upstream, organization, filling, by))
    yield cached.filled
    if (cached.value !== undefined) yield* limitsOf(upstream)
    return
  }
  for (const content of upstream.content) {
    const what = `${organization.username}/${content.repository}`
    const work = () => makeMirror({ upstream, content, organization }, filling, by)
    yield (await tried(what, work)).filled
  }
}

/** @returns no value where a rule refused it */
async function tried<T>(
  what: string,
  work: () => Promise<T>,
): Promise<{ readonly filled: Filled; readonly value?: T }> {
  try {
    return { filled: { what }, value: await work() }
  } catch (error) {
    if (!isProblem(error)) throw error
    const { message } = presentOutcome('')({ name: what, problem: error })
    return { filled: { what, reason: message ?? error.code } }
  }
}

function actorOf({ people, admin }: Filling): Actor {
  return { principal: people.accounts.principalOf(admin) }
}

async function organizationOf(
  { organization: name }: ChosenUpstream,
  filling: Filling,
): Promise<AccountRow> {
  const { organizations } = filling.people
  const found = await organizations.find(name)
  return found ?? organizations.create({ name }, filling.admin.id, actorOf(filling))
}

async function makeCache(
  upstream: ChosenUpstream,
  organization: AccountRow,
  { content: { proxyCaches } }: Filling,
  by: Actor,
): Promise<true> {
  if ((await proxyCaches.find(organization.id)) !== undefined) {
    await proxyCaches.delete(organization, by)
  }
  await proxyCaches.create(
    organization,
    {
      upstreamRegistry: placeOf(upstream),
      credentials: loginOf(upstream),
      expirationSeconds: cachedForSeconds,
      plainHttp: isPlainHttp(upstream),
    },
    by,
  )
  return true
}

/** What was asked for, and caches do not do. */
function* limitsOf(upstream: ChosenUpstream): Generator<Filled> {
  const what = `cache of ${placeOf(upstream)}`
  if (upstream.proxy !== null) {
    yield { what, reason: 'caches go the way of the site, not through a proxy of their own' }
  }
  if (!upstream.verifyTls && !isPlainHttp(upstream)) {
    yield { what, reason: 'caches verify the certificate of their upstream always' }
  }
}

async function makeMirror(
  {
    upstream,
    content,
    organization,
  }: { upstream: ChosenUpstream; content: ChosenContent; organization: AccountRow },
  filling: Filling,
  by: Actor,
): Promise<void> {
  const { people, content: services, outbound, now } = filling
  if (services.mirrors === undefined) throw new Error('the registry mirrors nothing')
  const name = parseRepositoryName(`${organization.username}/${content.repository}`, names)
  const repository = await people.repositories.findOrCreate(
    { name, namespace: organization, visibility: 'private' },
    by,
  )
  const robot = `${organization.username}+${mirrorRobot}`
  if ((await people.accounts.find(robot)) === undefined) {
    const wanted = { shortName: mirrorRobot, description: 'writes what is mirrored' }
    await people.robots.create(organization, wanted, system)
  }
  const login = loginOf(upstream)
  const wish = {
    external_reference: `${placeOf(upstream)}/${content.repository}`,
    external_registry_username: login?.username ?? null,
    external_registry_password: login?.password ?? null,
    external_registry_config: {
      verify_tls: upstream.verifyTls && !isPlainHttp(upstream),
      proxy: proxyOf(upstream, outbound),
    },
    sync_interval: content.everyHours * 3_600,
    sync_start_date: new Date(now).toISOString().replace(/\.\d+Z$/, 'Z'),
    root_rule: { rule_value: content.tags },
    skopeo_timeout_interval: timeoutSeconds,
    robot_username: robot,
  }
  const subject = { repository, namespace: organization, actor: by }
  const isNew = await services.mirrors.create(subject, { ...wish, is_enabled: false })
  const { newest, architectures: platforms } = content
  const rules = { newest, platforms }
  // Enabled last: a first run without its rules would fetch everything.
  if (newest !== null || platforms.length > 0 || !isNew) {
    await services.mirrors.changeRules(subject, rules)
  }
  await services.mirrors.change(subject, { ...(!isNew && wish), is_enabled: true })
  if (isNew) await services.mirrors.syncNow(subject)
}
