import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createImage } from '../support/content.ts'
import { createHttpClient, type HttpClient } from '../support/http-request.ts'
import { parseChallenge } from '../support/registry-session.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let http: HttpClient
beforeAll(async () => {
  server = await startTestServer()
  http = createHttpClient({ ca: await readFile(server.caFile) })
  await server.client().pushImage('quay/private', 'v1', createImage())
  await server.client().pushImage('quay/public', 'v1', createImage())
  await server.mooring(['repository', 'set-visibility', 'quay/public', 'public'])
  await server.mooring(['user', 'add', 'forgetful'])
})
afterAll(async () => {
  http.close()
  await server.stop()
})

const basic = (username: string, password: string) =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
const get = (path: string, authorization?: string) =>
  http.request('GET', `${server.urls.https}${path}`, { headers: { authorization } })
const owner = () => basic(server.username, server.password)
const errorOf = (answer: { json(): unknown }) =>
  (answer.json() as { errors: { code: string; message: string }[] }).errors[0]

async function service(): Promise<string> {
  return parseChallenge((await get('/v2/')).header('www-authenticate')).service ?? ''
}

async function token(scopes: readonly string[], authorization?: string): Promise<string> {
  const query = new URLSearchParams({ service: await service() })
  for (const scope of scopes) query.append('scope', scope)
  const answer = await get(`/v2/auth?${query.toString()}`, authorization)
  expect([answer.status, answer.text().slice(0, 10)]).toEqual([200, '{"token":"'])
  return (answer.json() as { token: string }).token
}

function claims(jwt: string) {
  const payload = Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()
  return JSON.parse(payload) as {
    iss: string
    aud: string
    sub: string
    iat: number
    exp: number
    access: { type: string; name: string; actions: string[] }[]
    context: Record<string, unknown>
  }
}

describe('GET /v2/', () => {
  it('challenges whoever sends no credentials', async () => {
    const answer = await get('/v2/')
    expect([answer.status, answer.text()]).toEqual([401, 'true'])
    expect(answer.header('docker-distribution-api-version')).toBe('registry/2.0')
    expect(parseChallenge(answer.header('www-authenticate')).realm).toBe(
      `${server.urls.https}/v2/auth`,
    )
  })

  it('names the host under which it was reached', async () => {
    const answer = await http.request('GET', `${server.urls.http}/v2/`, {
      headers: { host: 'ship.example:5000' },
    })
    expect(parseChallenge(answer.header('www-authenticate')).realm).toBe(
      'http://ship.example:5000/v2/auth',
    )
  })

  it('is 200 with a token and with credentials', async () => {
    expect((await get('/v2/', `Bearer ${await token([], owner())}`)).status).toBe(200)
    expect((await get('/v2/', owner())).status).toBe(200)
  })

  it.each([
    ['Bearer nonsense', 'Invalid bearer token format'],
    ['Bearer a.b.c', 'Invalid bearer token format'],
    ['Digest x', 'Invalid Authorization header'],
  ])('refuses "%s" and says why', async (authorization, reason) => {
    const answer = await get('/v2/', authorization)
    expect(answer.status).toBe(401)
    expect(answer.json()).toMatchObject({ error: reason, errors: [{ code: 'UNAUTHORIZED' }] })
    expect(answer.header('www-authenticate')).toMatch(/^Bearer realm=/)
  })
})

describe('the token service', () => {
  it('says in the claims who may do what', async () => {
    const { iss, aud, sub, exp, iat, access, context } = claims(
      await token(['repository:quay/private:pull,push'], owner()),
    )
    expect({ iss, aud, sub, life: exp - iat }).toEqual({
      iss: 'quay',
      aud: await service(),
      sub: 'quay',
      life: 3600,
    })
    expect(access).toEqual([
      { type: 'repository', name: 'quay/private', actions: ['push', 'pull'] },
    ])
    expect(context).toMatchObject({ version: 2, entity_kind: 'user', kind: 'user', user: 'quay' })
  })

  it('answers every scope, also those without a right', async () => {
    const { access } = claims(
      await token([
        'repository:quay/public:pull,push',
        'repository:quay/private:pull',
        'repository:none/such:pull',
      ]),
    )
    expect(access.map(({ name, actions }) => [name, actions])).toEqual([
      ['quay/public', ['pull']],
      ['quay/private', []],
      ['none/such', []],
    ])
  })

  it('creates a private repository for a push at once', async () => {
    await token(['repository:quay/made-by-token:push,pull'], owner())
    const answer = await get('/v2/quay/made-by-token/tags/list', owner())
    expect([answer.status, answer.json()]).toEqual([200, { name: 'quay/made-by-token', tags: [] }])
    expect((await get('/v2/quay/made-by-token/tags/list')).status).toBe(401)
  })

  it.each([
    ['wrong password', () => basic('forgetful', 'wrong'), 'Invalid Username or Password'],
    ['unknown user', () => basic('nobody', 'wrong'), 'Invalid Username or Password'],
    [
      'unknown robot',
      () => basic('quay+none', 'X'),
      'Could not find robot with username: quay+none and supplied password.',
    ],
    ['app token', () => basic('$app', 'x'), 'Invalid token'],
    ['OAuth token', () => basic('$oauthtoken', 'x'), 'OAuth access token could not be validated'],
    ['access token', () => basic('$token', 'x'), 'Invalid access token'],
  ])('refuses a %s with its message', async (_title, authorization, message) => {
    const answer = await get(
      `/v2/auth?service=x&scope=repository:quay/private:pull`,
      authorization(),
    )
    expect(answer.status).toBe(401)
    expect(errorOf(answer)).toMatchObject({ code: 'UNAUTHORIZED', message })
    expect(answer.header('www-authenticate')).not.toContain('scope=')
  })

  it('needs a scope from whoever sends no credentials', async () => {
    const answer = await get('/v2/auth?service=x')
    expect([answer.status, errorOf(answer)?.code]).toEqual([401, 'UNAUTHORIZED'])
  })

  it.each(['repository:quay/private', 'repository:quay/private:own', 'cluster:all:*'])(
    'cannot decode the scope %s',
    async (scope) => {
      const answer = await get(`/v2/auth?scope=${encodeURIComponent(scope)}`, owner())
      expect([answer.status, errorOf(answer)?.message]).toEqual([
        400,
        `Unable to decode repository and actions: ${scope}`,
      ])
    },
  )

  it('slows down whoever guesses, and answers 429 with a time', async () => {
    await server.mooring(['user', 'add', 'guessed'])
    const answers: number[] = []
    for (let attempt = 0; attempt < 6; attempt++) {
      answers.push((await get('/v2/auth?service=x', basic('guessed', `wrong-${attempt}`))).status)
    }
    expect(answers).toContain(429)
    const blocked = await get('/v2/auth?service=x', basic('guessed', 'wrong'))
    expect(Number(blocked.header('retry-after'))).toBeGreaterThan(0)
    expect((await get('/v2/', owner())).status).toBe(200)
  })

  it('issues nothing that another registry would take for its own', async () => {
    const foreign = await get(
      '/v2/auth?service=other.example&scope=repository:quay/private:pull',
      owner(),
    )
    const { token: jwt } = foreign.json() as { token: string }
    expect((await get('/v2/quay/private/tags/list', `Bearer ${jwt}`)).status).toBe(401)
  })
})

describe('who may read and write', () => {
  const requests = [
    ['pull of a public repository', '/v2/quay/public/manifests/v1', 200],
    ['pull of a private repository', '/v2/quay/private/manifests/v1', 401],
    ['pull of a missing repository', '/v2/quay/none/manifests/v1', 401],
    ['tags of a private repository', '/v2/quay/private/tags/list', 401],
  ] as const

  it.each(requests)('anonymous: %s', async (_title, path, status) => {
    const answer = await get(path)
    expect(answer.status).toBe(status)
    if (status === 401) {
      expect(answer.header('www-authenticate')).toMatch(/scope="repository:quay\/\w+:pull"/)
      expect(errorOf(answer)?.code).toBe('UNAUTHORIZED')
    }
  })

  it.each(requests)('a stranger: %s', async (_title, path, status) => {
    const { password } = await stranger()
    expect((await get(path, basic('stranger', password))).status).toBe(status)
    const scope = /\/v2\/(quay\/\w+)\//.exec(path)?.[1] ?? ''
    const jwt = await token([`repository:${scope}:pull,push`], basic('stranger', password))
    expect((await get(path, `Bearer ${jwt}`)).status).toBe(status)
  })

  it('a token for reading does not write', async () => {
    const jwt = await token(['repository:quay/private:pull'], owner())
    const answer = await http.request(
      'POST',
      `${server.urls.https}/v2/quay/private/blobs/uploads/`,
      {
        headers: { authorization: `Bearer ${jwt}`, 'content-length': 0 },
      },
    )
    expect(answer.status).toBe(401)
    expect(answer.header('www-authenticate')).toContain('scope="repository:quay/private:pull,push"')
  })

  it('roles decide: read pulls, write pushes', async () => {
    const made = await server.mooring(['user', 'add', 'granted'], ['--json'])
    const { password } = JSON.parse(made) as { password: string }
    const actions = async () =>
      claims(await token(['repository:quay/private:pull,push,*'], basic('granted', password)))
        .access[0]?.actions
    expect(await actions()).toEqual([])
    for (const [role, expected] of [
      ['read', ['pull']],
      ['write', ['push', 'pull']],
      ['admin', ['push', 'pull', '*']],
    ] as const) {
      await server.mooring(['repository', 'grant', 'quay/private', 'granted', role])
      expect(await actions()).toEqual(expected)
    }
    await server.mooring(['repository', 'revoke', 'quay/private', 'granted'])
    expect(await actions()).toEqual([])
  })

  it('a robot has only what it was granted', async () => {
    const made = await server.mooring(['robot', 'add', 'quay', 'ci'], ['--json'])
    const robot = JSON.parse(made) as { username: string; token: string }
    expect(robot.username).toBe('quay+ci')
    const authorization = basic(robot.username, robot.token)
    expect((await get('/v2/quay/private/tags/list', authorization)).status).toBe(401)
    await server.mooring(['repository', 'grant', 'quay/private', 'quay+ci', 'write'])
    const { access, context } = claims(
      await token(['repository:quay/private:pull,push'], authorization),
    )
    expect(access[0]?.actions).toEqual(['push', 'pull'])
    expect(context['entity_kind']).toBe('robot')
  })

  it('a changed password is void at once', async () => {
    const made = JSON.parse(await server.mooring(['user', 'add', 'changing'], ['--json'])) as {
      password: string
    }
    expect((await get('/v2/', basic('changing', made.password))).status).toBe(200)
    await server.mooring(['user', 'passwd', 'changing'])
    expect((await get('/v2/', basic('changing', made.password))).status).toBe(401)
  })

  it('the catalog lists what the caller was granted, in lexical order and in pages', async () => {
    for (const name of ['quay/zebra', 'quay/alpha']) {
      await token([`repository:${name}:push`], owner())
    }
    const all = (await get('/v2/_catalog', owner())).json() as { repositories: string[] }
    expect(all.repositories).toEqual([...all.repositories].sort())
    expect(all.repositories).toEqual(
      expect.arrayContaining(['quay/alpha', 'quay/private', 'quay/zebra']),
    )
    const seen: string[] = []
    let path: string | undefined = '/v2/_catalog?n=2'
    while (path !== undefined) {
      const page = await get(path, owner())
      seen.push(...(page.json() as { repositories: string[] }).repositories)
      const link = /<([^>]+)>; rel="next"/.exec(String(page.headers.link ?? ''))?.[1]
      path = link === undefined ? undefined : new URL(link).pathname + new URL(link).search
    }
    expect(seen).toEqual(all.repositories)
    expect((await get('/v2/_catalog')).json()).toEqual({ repositories: [] })
  })
})

describe('names', () => {
  it.each([
    ['UPPER/case', 400],
    ['quay/UPPER', 400],
    ['quay/-dash', 400],
    [`quay/${'a'.repeat(300)}`, 400],
    ['quay/%2e%2e%2fb', 400],
    ['quay/a//b', 400],
  ])('%s is refused', async (name, status) => {
    const answer = await get(`/v2/${name}/tags/list`, owner())
    expect([answer.status, errorOf(answer)?.code]).toEqual([status, 'NAME_INVALID'])
  })

  it('may be nested', async () => {
    await server.client().pushImage('quay/deep/er/still', 'v1', createImage())
    expect((await get('/v2/quay/deep/er/still/tags/list', owner())).status).toBe(200)
  })

  it('may be left to the library', async () => {
    expect((await get('/v2/ubuntu/tags/list', owner())).status).toBe(401)
  })
})

let made: Promise<{ password: string }> | undefined
function stranger(): Promise<{ password: string }> {
  made ??= server
    .mooring(['user', 'add', 'stranger'], ['--json'])
    .then((text) => JSON.parse(text) as { password: string })
  return made
}
