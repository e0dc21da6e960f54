import { beforeAll, describe, expect, test } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import type { Database } from '../../db/open.ts'
import { createWorld, type World } from '../access/world-suite.ts'
import { anonymous, type Principal } from '../accounts/principal.ts'
import { system } from '../audit/audit-log.ts'
import { createRepositoryListService } from '../repositories/repository-list-service.ts'
import { createAccountSearchService } from './account-search-service.ts'
import { createRepositorySearchService } from './repository-search-service.ts'
import { createSearchService } from './search-service.ts'

const nasty = [
  ...[
    '"',
    '""',
    "'",
    '%',
    '_',
    '*',
    '\\',
    '(',
    'a OR b',
    'NEAR(a b)',
    'full_name : x',
    '^web',
    '-',
  ],
  ...[
    'web*',
    '{a b} : c',
    'AND',
    ';',
    '--',
    '\u0000',
    'web\u0000',
    '日本語のテ',
    '\u{D83D}',
    '🙂🙂🙂',
  ],
]

describeDatabases('searching', (open) => {
  let database: Database
  let world: World

  beforeAll(async () => {
    database = await open()
    world = createWorld(database)
    for (const name of ['ada', 'adam', 'bob', 'auditor', 'adelaide']) await world.user(name)
    const acme = await world.organization('acme', 'ada')
    await world.organization('adorn', 'bob')
    await world.organizations.createTeam(acme, { name: 'admirals', role: 'member' }, system)
    await world.robot('acme+adviser')
    await world.robot('ada+adviser')
    for (const name of [
      'acme/web',
      'acme/webhook',
      'acme/my-web',
      'bob/cobweb',
      'bob/secret-web',
    ]) {
      await world.repository(name)
    }
    await world.repository('bob/web-public', 'public')
    const described = await world.repository('bob/other', 'public')
    await world.repositories.setDescription(described, 'Serves 50%_of the WEB', system)
    await world.repositories.delete(await world.repository('bob/web-gone', 'public'), system)
  })

  function services(partialUserAutocomplete = true) {
    const { db } = database
    const { access, accounts } = world
    const lists = createRepositoryListService({ db, clock: { now: () => 0 } })
    const people = createAccountSearchService({
      ...{ db, accounts, access },
      config: { features: { partialUserAutocomplete } },
    })
    const repositories = createRepositorySearchService({ db, lists })
    const config = { pageSize: 2, maxPages: 2 }
    return {
      people,
      search: createSearchService({ access, repositories, lists, accounts: people, config }),
    }
  }
  const who = async (name: string): Promise<Principal> =>
    name === 'anonymous' ? anonymous : world.principal(name)

  async function repositories(name: string, text: string) {
    const { search } = services()
    const principal = await who(name)
    const found: string[] = []
    for (const page of [1, 2]) {
      const { hits } = await search.findRepositories(principal, text, page)
      found.push(...hits.map(({ repository }) => repository.full_name))
    }
    return found
  }

  describe('repositories', () => {
    test('finds what the caller sees, the closest name first', async () => {
      expect(await repositories('ada', 'web')).toEqual([
        ...['acme/web', 'acme/webhook', 'bob/web-public', 'acme/my-web'],
      ])
      expect(await repositories('anonymous', 'web')).toEqual(['bob/web-public', 'bob/other'])
      expect(await repositories('auditor', 'secret')).toEqual(['bob/secret-web'])
    })

    test('looks at descriptions, and at the namespace with the name', async () => {
      expect(await repositories('anonymous', 'the web')).toEqual(['bob/other'])
      expect(await repositories('anonymous', '50%_of')).toEqual(['bob/other'])
      expect(await repositories('anonymous', 'b/web-p')).toEqual(['bob/web-public'])
    })

    test('finds a name by its first letters, however few', async () => {
      expect(await repositories('auditor', 'co')).toEqual(['bob/cobweb'])
      expect(await repositories('anonymous', 'ot')).toEqual(['bob/other'])
    })

    test('lists everything that is visible when nothing is asked for', async () => {
      expect(await repositories('anonymous', '')).toEqual(['bob/other', 'bob/web-public'])
    })

    test('counts pages from one and stops at the last', async () => {
      const { search } = services()
      const ada = await who('ada')
      const first = await search.findRepositories(ada, 'web', -3)
      expect(first).toMatchObject({ page: 1, startIndex: 0, pageSize: 2, hasMore: true })
      const last = await search.findRepositories(ada, 'web', 1_000)
      expect(last).toMatchObject({ page: 2, startIndex: 2, hasMore: false })
    })

    test('finds the few that somebody sees among many that others have', async () => {
      await world.user('zelda')
      const { id } = await world.namespace('zelda')
      const rows = Array.from({ length: 2_500 }, (_, at) => ({
        namespace_user_id: id,
        name: `a-needle-${String(at)}`,
        full_name: `zelda/a-needle-${String(at)}`,
        visibility: 'private' as const,
        description: null,
        created_at: 0,
      }))
      await database.db.insertInto('repository').values(rows.slice(0, 1_300)).execute()
      await database.db.insertInto('repository').values(rows.slice(1_300)).execute()
      await world.repository('acme/the-needle')
      expect(await repositories('ada', 'needle')).toEqual(['acme/the-needle'])
      expect(await repositories('anonymous', 'needle')).toEqual([])
      expect(await repositories('auditor', 'needle-2499')).toEqual(['zelda/a-needle-2499'])
    })

    test.each(nasty)('takes %j as text', async (text) => {
      for (const name of ['ada', 'auditor', 'anonymous']) {
        for (const query of [text, `${text}abc`]) {
          await expect(repositories(name, query)).resolves.toBeInstanceOf(Array)
          await expect(services().search.findAll(await who(name), query)).resolves.toBeInstanceOf(
            Array,
          )
        }
      }
    })
  })

  describe('everything', () => {
    const all = async (name: string, text: string) => {
      const hits = await services().search.findAll(await who(name), text)
      return hits.map((hit) => {
        if (hit.kind === 'repository') return hit.repository.full_name
        return hit.kind === 'team' ? `team ${hit.name}` : hit.account.username
      })
    }

    test('shows teams and robots to those who administer them', async () => {
      expect(await all('ada', 'ad')).toEqual([
        ...['team admirals', 'ada+adviser', 'acme+adviser'],
        ...['ada', 'adam', 'adelaide', 'adorn'],
      ])
      expect(await all('bob', 'ad')).toEqual(['ada', 'adam', 'adelaide', 'adorn'])
      expect(await all('anonymous', 'acme+ad')).toEqual([])
      expect(await all('ada', 'acme+ad')).toEqual(['acme+adviser'])
      expect(await all('bob', 'acme+ad')).toEqual([])
    })

    test('is nothing for nothing', async () => {
      expect(await all('ada', ' ')).toEqual([])
    })

    test('puts repositories before accounts of the same name', async () => {
      await world.repository('ada/adam', 'public')
      expect((await all('bob', 'adam')).slice(0, 2)).toEqual(['ada/adam', 'adam'])
    })
  })

  describe('names to pick from', () => {
    const entities = async (
      name: string,
      prefix: string,
      namespace?: string,
      { partial = true } = {},
    ) => {
      const found = await services(partial).people.findEntities(await who(name), prefix, {
        namespace,
        teams: true,
        organizations: true,
      })
      return [
        ...found.teams.map((team) => `team ${team.name}`),
        ...found.accounts.map(({ username, id }) =>
          found.members?.has(id) ? `${username} (member)` : username,
        ),
        ...(found.organization ? [`org ${found.organization.username}`] : []),
      ]
    }

    test('are people for everybody, the exact name first', async () => {
      expect(await entities('anonymous', 'ada')).toEqual(['ada', 'adam'])
      expect(await entities('anonymous', 'adam')).toEqual(['adam'])
      expect(await entities('anonymous', '')).toEqual([])
    })

    test('are teams and robots for members alone', async () => {
      expect(await entities('ada', 'ad', 'acme')).toEqual([
        ...['team admirals', 'ada (member)', 'adam', 'adelaide', 'acme+adviser'],
      ])
      expect(await entities('bob', 'ad', 'acme')).toEqual(['ada (member)', 'adam', 'adelaide'])
      expect(await entities('ada', 'adv', 'ada')).toEqual(['ada+adviser'])
      expect(await entities('adam', 'adv', 'ada')).toEqual([])
      expect(await entities('ada', 'ac', 'acme')).toEqual(['org acme'])
      expect(await entities('ada', 'acme+a', 'acme')).toEqual(['acme+adviser'])
    })

    test('are exact names where people are not to be guessed', async () => {
      expect(await entities('anonymous', 'ad', undefined, { partial: false })).toEqual([])
      expect(await entities('anonymous', 'ada', undefined, { partial: false })).toEqual(['ada'])
    })

    test('step over the robots of a name, however many', async () => {
      await world.user('robotic')
      await world.user('robotician')
      await database.db
        .insertInto('user')
        .values(
          Array.from({ length: 1_200 }, (_, at) => ({
            uuid: `robot-${String(at)}`,
            username: `robotic+${String(at).padStart(5, '0')}`,
            email: null,
            password_hash: null,
            robot: 1,
            removed_tag_expiration_s: 0,
            created_at: 0,
            last_accessed: null,
          })),
        )
        .execute()
      expect(await entities('anonymous', 'robo')).toEqual(['robotic', 'robotician'])
    })
  })
})
