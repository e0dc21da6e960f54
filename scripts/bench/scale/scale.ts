// npm run bench -- scale: whether lists stay quick however much there is. See `scaleHelp`.
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { namespace, password, startMooring } from '../peers.ts'
import { median } from '../statistics.ts'
import { listCalls, type Described, type ListCall } from './list-calls.ts'
import { makeThroughApi } from './made-through-api.ts'
import { entriesOf, isGood, renderScale, type Measured } from './scale-table.ts'
import { smallOrganization } from './seed-people.ts'
import { bigRepository, seedScale, type ScaleSizes } from './seed-scale.ts'
import { signIn, type Session } from './session.ts'

export const scaleHelp = `npm run bench -- scale [options]

Fills a server with repositories, tags and log entries, half of them in one organization, and measures
every list of the management API as an administrator and as a member, its first page and a deep one:
the median must not be above the limit, and its cost must not grow with the total, only with what it
answers. Measured at a tenth of the size, then at the whole.

  --repositories N   100000
  --tags N           1000000
  --logs N           5000000
  --limit MS         50
  --runs N           measurements of each call (15)
  --only TEXT        only the calls whose name contains it
  --dir DIR          where the data is kept meanwhile; default: the temporary folder
`

type Measure = (name: string, work: () => Promise<unknown>) => Promise<Measured>

const deepPages = 20
const memberName = 'u00000'
const auditorName = 'u00002'

export async function runScale(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      repositories: { type: 'string', default: '100000' },
      tags: { type: 'string', default: '1000000' },
      logs: { type: 'string', default: '5000000' },
      limit: { type: 'string', default: '50' },
      runs: { type: 'string', default: '15' },
      only: { type: 'string', default: '' },
      dir: { type: 'string', default: tmpdir() },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(scaleHelp)
    return 0
  }
  const whole: ScaleSizes = {
    repositories: Number(values.repositories),
    tags: Number(values.tags),
    logs: Number(values.logs),
  }
  const tenth: ScaleSizes = {
    repositories: Math.ceil(whole.repositories / 10),
    tags: Math.ceil(whole.tags / 10),
    logs: Math.ceil(whole.logs / 10),
  }
  const options = { runs: Number(values.runs), only: values.only, parent: values.dir }
  const small = await measureAt(tenth, options)
  const large = await measureAt(whole, options)
  const limitMs = Number(values.limit)
  console.log(renderScale(small, large, limitMs))
  return isGood(small, large, limitMs) ? 0 : 1
}

async function measureAt(
  sizes: ScaleSizes,
  { runs, only, parent }: { runs: number; only: string; parent: string },
): Promise<readonly Measured[]> {
  const started = performance.now()
  const progress = (line: string) => {
    const seconds = ((performance.now() - started) / 1000).toFixed(0).padStart(4)
    console.error(`[${seconds} s] ${String(sizes.repositories)} repositories: ${line}`)
  }
  process.env['QUAY_OVERRIDE_CONFIG'] = JSON.stringify({
    SUPER_USERS: [namespace],
    FEATURE_PUBLIC_CATALOG: true,
    FEATURE_IMMUTABLE_TAGS: true,
    GLOBAL_READONLY_SUPER_USERS: [auditorName],
  })
  const directory = await mkdtemp(join(parent, 'mooring-scale-'))
  try {
    const made = await makeThroughApi(parent, directory)
    seedScale(directory, sizes, progress)
    const server = await startMooring(parent, { directory })
    try {
      const origin = server.origins.http
      const authorization = await server.authorization(bigRepository)
      const admin = await signIn(origin, namespace, password)
      const member = await signIn(origin, memberName, password)
      const auditor = await signIn(origin, auditorName, password)
      const description = (await admin.get('/api/v1/discovery?internal=true')) as Described
      const { calls, left } = listCalls(description, made, Date.now())
      const inSmall = listCalls(
        description,
        { ...made, orgname: smallOrganization },
        Date.now(),
      ).calls.filter(({ name }) => withoutPages.test(name))
      if (left.length > 0)
        progress(`not measured, for want of a thing to ask for: ${left.join(', ')}`)
      await comeToRest(server.pid)
      const measure = measureOf(server.pid, runs)
      const wanted = calls.filter(({ name }) => name.includes(only))
      progress(`measuring ${String(wanted.length)} calls`)
      return [
        ...(await measureAll('', admin, wanted, { measure, progress })),
        ...(await measureAll('small: ', admin, inSmall, { measure, progress })),
        ...(await measureAll(
          'member: ',
          member,
          wanted.filter(({ name }) => asMember.test(name)),
          { measure, progress },
        )),
        ...(await measureAll(
          'auditor: ',
          auditor,
          wanted.filter(({ name }) => asAuditor.test(name)),
          { measure, progress },
        )),
        ...(await measureRegistry(origin, authorization, measure)),
      ]
    } finally {
      await server.stop()
      progress('done')
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** What somebody without further rights asks for, and what is filtered then. */
const asMember = /^(?:listRepos|conduct|getMatching|listRepoTags|listStarredRepos|getOrganization$)/
/** Lists of an organization that come in one piece. */
const withoutPages =
  /^getOrganization(?:Collaborators|Members|TeamPermissions)$|^getOrgRobots permissions=true$/
/** What plain superusers may not see. */
const asAuditor = /^listAllAppTokens|^listRepos /

async function measureAll(
  prefix: string,
  session: Session,
  calls: readonly ListCall[],
  { measure, progress }: { measure: Measure; progress: (line: string) => void },
): Promise<Measured[]> {
  const measured: Measured[] = []
  for (const { name, path } of calls) {
    const failure = await failureOf(session, path)
    if (failure !== undefined) {
      progress(`not measured: ${prefix}${name}: ${failure}`)
      continue
    }
    measured.push(await measure(`${prefix}${name}`, () => session.get(path)))
    const deep = await deepPage(session, path)
    if (deep === undefined) continue
    measured.push(await measure(`${prefix}${name}, deep`, () => session.get(deep)))
  }
  return measured
}

async function failureOf(session: Session, path: string): Promise<string | undefined> {
  try {
    await session.get(path)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** The last of at most `deepPages` pages, however they are asked for. */
async function deepPage(session: Session, path: string): Promise<string | undefined> {
  const join = path.includes('?') ? '&' : '?'
  const parameter = path.startsWith('/api/v1/mooring/') ? 'page_token' : 'next_page'
  let deep: string | undefined
  for (let page = 2; page <= deepPages; page++) {
    const answer = (await session.get(deep ?? path)) as {
      next_page?: string
      has_additional?: boolean
    }
    if (typeof answer.next_page === 'string') {
      deep = `${path}${join}${parameter}=${encodeURIComponent(answer.next_page)}`
    } else if (answer.has_additional === true) {
      deep = `${path}${join}page=${String(page)}`
    } else break
  }
  return deep
}

/** The lists of the registry's own protocol. */
async function measureRegistry(
  origin: string,
  authorization: string,
  measure: Measure,
): Promise<Measured[]> {
  const get = async (path: string) => {
    const answer = await fetch(new URL(path, origin), { headers: { authorization } })
    if (!answer.ok) throw new Error(`${path} answered ${String(answer.status)}`)
    return answer.json()
  }
  const tags = `/v2/${bigRepository}/tags/list?n=100`
  const measured: Measured[] = []
  for (const [name, path] of [
    ['/v2 tags', tags],
    ['/v2 tags, deep', `${tags}&last=t0002000`],
    ['/v2 catalog', '/v2/_catalog?n=100'],
  ] as const) {
    measured.push(await measure(name, () => get(path)))
  }
  return measured
}

/** Many times in a row, after one that does not count. */
function measureOf(pid: number, runs: number): Measure {
  return async (name, work) => {
    const entries = entriesOf(await work())
    const times: number[] = []
    const before = cpuMsOf(pid)
    for (let run = 0; run < runs; run++) {
      const started = performance.now()
      await work()
      times.push(performance.now() - started)
    }
    return { name, entries, medianMs: median(times), cpuMs: (cpuMsOf(pid) - before) / runs }
  }
}

/** After a start the server catches up with what it works out beside; it has run for long otherwise. */
async function comeToRest(pid: number): Promise<void> {
  const windowMs = 500
  let quiet = 0
  for (let waited = 0; quiet < 6 && waited < 120_000; waited += windowMs) {
    const before = cpuMsOf(pid)
    await setTimeout(windowMs)
    quiet = cpuMsOf(pid) - before < windowMs / 5 ? quiet + 1 : 0
  }
}

/** Processor time of a process so far, in user space and in the kernel, by the kernel's ticks. */
function cpuMsOf(pid: number): number {
  const fields =
    readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
      .split(') ')[1]
      ?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10
}
