import { digestOf } from '../small-image.ts'
import { bigOrganization } from './seed-people.ts'
import { bigRepository } from './seed-scale.ts'

/** What this needs to know of the discovery document. */
export interface Described {
  readonly paths: Readonly<
    Record<string, { readonly get?: { readonly operationId: string; readonly responses: Answers } }>
  >
  readonly definitions: Readonly<Record<string, Schema>>
}
type Answers = Readonly<Record<string, { readonly schema?: Schema }>>
interface Schema {
  readonly $ref?: string
  readonly type?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: unknown
}

export interface ListCall {
  readonly name: string
  readonly path: string
}

/** A thing of the seeded world for a parameter of a path. */
const seeded: Readonly<Record<string, string>> = {
  repository: bigRepository,
  orgname: bigOrganization,
  namespace: bigOrganization,
  teamname: 'dev',
  username: 'u00000',
  prefix: 'u00',
  robot_shortname: 'robot000',
  tag: 't0000001',
  manifestref: digestOf(Buffer.from('1')),
  membername: 'u00000',
}

/** The queries that are worth measuring besides none. */
function queriesOf(operationId: string, now: number): readonly string[] {
  const day = (ago: number) => {
    const [year = '', month = '', date = ''] = new Date(now - ago * 24 * 3_600_000)
      .toISOString()
      .slice(0, 10)
      .split('-')
    return encodeURIComponent(`${month}/${date}/${year}`)
  }
  const since = (ago: number) => `starttime=${day(ago)}&endtime=${day(0)}`
  switch (operationId) {
    case 'listRepos':
      return [
        `namespace=${bigOrganization}`,
        `namespace=${bigOrganization}&last_modified=true&popularity=true`,
        'public=true',
        'starred=true',
      ]
    case 'listRepoTags':
      return ['', 'limit=100', 'onlyActiveTags=true', 'filter_tag_name=like:t00001']
    case 'listRepoLogs':
      return ['', since(80)]
    case 'listUserLogs':
    case 'listOrgLogs':
    case 'listAllLogs':
      return ['', since(80), `${since(80)}&performer=u00000`]
    case 'getAggregateRepoLogs':
      return ['', since(30)]
    case 'getAggregateUserLogs':
    case 'getAggregateOrgLogs':
    case 'listAllAggregateLogs':
      return ['', since(30), `${since(30)}&performer=u00000`]
    case 'conductSearch':
    case 'conductRepoSearch':
      return ['query=r00000', 'query=number', 'query=nothing-like-it']
    case 'getMatchingEntities':
      return ['', `namespace=${bigOrganization}&includeTeams=true&includeOrgs=true`]
    case 'listAllUsers':
    case 'listAllOrganizations':
      return ['limit=100']
    case 'getOrgRobots':
      return ['', 'permissions=true']
    case 'listRepositoryRows':
      return [
        ...['', 'sort=name', 'sort=name&order=desc', 'search=r00001', 'search=nothing-like-it'],
        ...['visibility=public', 'visibility=private', 'starred=true', 'sort=name&page=400'],
        ...[`namespace=${bigOrganization}`, `namespace=${bigOrganization}&search=r00001`],
      ]
    case 'listNamespaceRows':
      return ['', 'sort=repositories', 'search=u0001', 'kind=organization']
    case 'listTagRows':
      return [
        ...['', 'limit=100', 'sort=name', 'sort=size', 'search=t00001', 'search=nothing-like-it'],
        ...['digest=sha256:0', 'page=400'],
      ]
    case 'listTagEvents':
      return ['', 'limit=100', 'search=t00001', 'tag=t0000010']
    case 'listMemberRows':
    case 'listCollaboratorRows':
      return ['', 'sort=repositories']
    case 'listRepositoryLogRows':
    case 'listUserLogRows':
    case 'listOrganizationLogRows':
    case 'listRegistryLogRows':
      return ['', 'kinds=push_repo', 'performer=u00000', 'search=nothing-like-it']
    case 'searchEverything':
      return ['q=r00001', 'q=t0000', 'q=sha256:0', 'q=org.example.team', 'q=nothing-like-it']
    case 'getRepositoryMirrorHealth':
      return [`namespace=${bigOrganization}`]
    default:
      return ['']
  }
}

/** Every call of the description that answers a list, with things of the seeded world, and further ones. */
export function listCalls(
  { paths, definitions }: Described,
  further: Readonly<Record<string, string>>,
  now: number,
): { readonly calls: readonly ListCall[]; readonly left: readonly string[] } {
  const values: Readonly<Record<string, string>> = { ...seeded, ...further }
  const calls: ListCall[] = []
  const left: string[] = []
  for (const [path, { get }] of Object.entries(paths)) {
    if (get === undefined || !isList(get.responses['200']?.schema, definitions)) continue
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
    if (names.some((name) => values[name] === undefined)) {
      left.push(get.operationId)
      continue
    }
    const place = path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => values[name] ?? '')
    for (const query of queriesOf(get.operationId, now)) {
      const shown = decodeURIComponent(query)
      calls.push({
        name: `${get.operationId}${shown === '' ? '' : ` ${shown}`}`,
        path: query === '' ? place : `${place}?${query}`,
      })
    }
  }
  return { calls, left }
}

/** A list, or an object that holds one: by number or by name. */
function isList(schema: Schema | undefined, definitions: Described['definitions']): boolean {
  if (schema === undefined) return false
  const { $ref } = schema
  if ($ref !== undefined) {
    return isList(definitions[$ref.replace('#/definitions/', '')], definitions)
  }
  const holds = ({ type, additionalProperties }: Schema) =>
    type === 'array' || (type === 'object' && typeof additionalProperties === 'object')
  return holds(schema) || Object.values(schema.properties ?? {}).some(holds)
}
