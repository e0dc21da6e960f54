import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { jsonSchemaOf } from '../support/json-sample.ts'
import { readContract, routeOf } from '../support/contract.ts'
import { readExpectations } from './api-expectations.ts'
import { endpointProblems } from './api-rules.ts'

const endpoints = await readContract()
const expectations = readExpectations()
const propertiesOf = (schema: z.ZodObject) => jsonSchemaOf(schema).properties ?? {}
const expectedAt = new Map(expectations.map((one) => [`${one.method} ${one.path}`, one]))

describe('the contract of the management API', () => {
  it('declares no route of which nothing is expected', () => {
    const strangers = endpoints.filter((endpoint) => !expectedAt.has(routeOf(endpoint)))
    expect(strangers.map(routeOf)).toEqual([])
  })

  it('declares every route that is expected', () => {
    const declared = new Set(endpoints.map(routeOf))
    expect([...expectedAt.keys()].filter((route) => !declared.has(route))).toEqual([])
  })

  it('agrees with the expectations about names, scopes, switches and rules', () => {
    const problems = endpoints.flatMap((endpoint) => {
      const expected = expectedAt.get(routeOf(endpoint))
      return expected === undefined ? [] : endpointProblems(endpoint, expected)
    })
    expect(problems).toEqual([])
  })

  it('asks for a CSRF token but where another proof is needed', () => {
    const exempt = endpoints.filter(({ withoutCsrf }) => withoutCsrf)
    const allowed = [
      'POST /api/v1/user/initialize',
      'POST /oauth/access_token',
      'PUT /keys/services/{service}/keys/{kid}',
      'DELETE /keys/services/{service}/keys/{kid}',
    ]
    expect(exempt.map(routeOf).filter((route) => !allowed.includes(route))).toEqual([])
  })

  it('lets through what writes nothing while the registry is read-only', () => {
    const served = endpoints.filter(({ whileReadOnly }) => whileReadOnly)
    const harmless = [
      '/api/v1/signin',
      '/api/v1/signin/verify',
      '/api/v1/externallogin/{service_id}',
      '/oauth/denyapp',
      '/api/v1/mooring/backup',
      '/api/v1/mooring/backup/{job_id}',
      '/api/v1/mooring/bundles/plans',
      '/api/v1/mooring/bundles/inspect',
      '/api/v1/mooring/bundles/client-config',
      '/api/v1/mooring/storage/collection/plan',
      '/api/v1/mooring/kiosk/unlock',
      '/api/v1/mooring/service/readonly',
      '/api/v1/mooring/service/restart',
      '/api/v1/mooring/service/stop',
    ]
    expect(served.map(({ path }) => path).filter((path) => !harmless.includes(path))).toEqual([])
  })

  it('gives every operation a name of its own', () => {
    const names = endpoints.map(({ operationId }) => operationId)
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([])
  })

  it('describes every answer and every query parameter', () => {
    const silent = endpoints.filter(({ responses, query }) => {
      const parameters = Object.values(query === undefined ? {} : propertiesOf(query))
      return (
        Object.keys(responses).length === 0 ||
        parameters.some(({ description }) => description === undefined)
      )
    })
    expect(silent.map(routeOf)).toEqual([])
  })
})

describe('the table of expectations', () => {
  it('names each route once', () => {
    expect(expectedAt.size).toBe(expectations.length)
  })

  it('lets nobody change a thing without a login, but for what starts one', () => {
    const open = expectations.filter(
      ({ method, who }) => method !== 'GET' && (who === 'anyone' || who === 'everybody'),
    )
    expect(open.map(({ path }) => path).sort()).toEqual([
      '/api/v1/externallogin/{service_id}',
      '/api/v1/recovery',
      '/api/v1/signin',
      '/api/v1/signout',
      '/api/v1/user/',
      '/api/v1/user/initialize',
    ])
  })
})
