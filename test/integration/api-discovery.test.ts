import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../support/server.ts'
import { swaggerProblems, type SwaggerDocument } from '../support/swagger.ts'

let server: TestServer
beforeAll(async () => {
  const settings = { FEATURE_ANONYMOUS_ACCESS: true, FEATURE_LOG_EXPORT: false }
  server = await startTestServer({ env: { QUAY_OVERRIDE_CONFIG: JSON.stringify(settings) } })
})
afterAll(() => server.stop())

const describeApi = async (query = '') =>
  (await server.api().get(`/api/v1/discovery${query}`)) as SwaggerDocument

const operations = (document: SwaggerDocument) =>
  Object.values(document.paths).flatMap((path) =>
    (['get', 'post', 'put', 'delete'] as const).flatMap((method) => path[method] ?? []),
  )

describe('the description of the API', () => {
  it.each(['', '?internal=true'])('is a Swagger 2.0 document (%s)', async (query) => {
    expect(swaggerProblems(await describeApi(query))).toEqual([])
  })

  it('gives every operation a name of its own', async () => {
    const names = operations(await describeApi('?internal=true')).map((one) => one.operationId)
    expect(names.length).toBeGreaterThan(20)
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([])
  })

  it('says what a call takes, who may make it and what it answers', async () => {
    const { paths } = await describeApi()
    const logs = paths['/api/v1/organization/{orgname}/logs']
    expect(logs).toMatchObject({
      'x-tag': 'logs',
      parameters: [{ name: 'orgname', in: 'path', required: true, type: 'string' }],
      get: {
        operationId: 'listOrgLogs',
        security: [{ oauth2_implicit: ['org:admin'] }],
        responses: {
          200: { schema: { $ref: '#/definitions/LogPage' } },
          403: { schema: { $ref: '#/definitions/ApiError' } },
        },
      },
    })
  })

  it('leaves out what is internal, switched off or no part of it', async () => {
    const shown = await describeApi()
    const all = await describeApi('?internal=true')
    const internal = '/api/v1/superuser/changelog/'
    expect(shown.paths).not.toHaveProperty([internal])
    expect(all.paths[internal]).toMatchObject({
      'x-internal': true,
      get: { 'x-internal': true, 'x-requires-fresh-login': true },
    })
    for (const path of ['/api/v1/user/exportlogs', '/health', '/csrf_token']) {
      expect(all.paths).not.toHaveProperty([path])
    }
  })

  it('is not sent again to who has it', async () => {
    const api = server.api()
    const { headers } = await api.request('GET', '/api/v1/discovery')
    const etag = headers.etag ?? ''
    const again = { 'if-none-match': etag }
    const answer = await api.request('GET', '/api/v1/discovery', undefined, again)
    expect([answer.status, answer.body.length]).toEqual([304, 0])
  })
})

describe('errors and capabilities', () => {
  it('are described', async () => {
    const api = server.api()
    const { type } = (await api.get('/api/v1/superuser/logs', 401)) as { type: string }
    expect(await api.get(new URL(type).pathname)).toEqual({
      type,
      title: 'invalid_token',
      description: expect.stringMatching(/\.$/) as string,
    })
    expect(await api.get('/api/v1/error/nothing', 404)).toMatchObject({ error_type: 'not_found' })
  })

  it('tell what the registry accepts', async () => {
    expect(await server.api().get('/api/v1/registry/capabilities')).toEqual({
      sparse_manifests: {
        supported: false,
        required_architectures: [],
        optional_architectures_allowed: false,
      },
      mirror_architectures: ['amd64', 'arm64', 'ppc64le', 's390x'],
    })
  })
})
