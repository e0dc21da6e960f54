import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { startCachingServer, type CachingServer } from '../support/caching-server.ts'
import { createOpaqueImage } from '../support/content.ts'
import type { PeerRegistry } from '../support/peer-registry.ts'
import type { Person } from '../support/people.ts'
import type { TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

let world: CachingServer
let server: TestServer
let peer: PeerRegistry
let admin: ApiClient
let outsider: Person
let createCache: CachingServer['createCache']
let stock: CachingServer['stock']
let watch: CachingServer['watch']

beforeAll(async () => {
  world = await startCachingServer()
  ;({ server, peer, admin, outsider, createCache, stock, watch } = world)
})
afterAll(() => world[Symbol.asyncDispose]())

describe('the settings of a cache', () => {
  const at = (name: string) => `/api/v1/organization/${name}/proxycache`
  const refusal = async (name: string, body: Record<string, unknown>, route = 'proxycache') => {
    const path = `/api/v1/organization/${name}/${route}`
    const { detail } = (await admin.post(path, body, 400)) as { detail: string }
    return detail
  }
  async function createOrganization(name: string) {
    await admin.post('/api/v1/organization/', { name, email: `${name}@example.com` }, 201)
  }

  it('are shown without the credentials, and empty where there are none', async () => {
    const { name, upstream } = await createCache({ upstream_registry_password: peer.password })
    expect(await admin.get(at(name))).toEqual({
      upstream_registry: upstream.host,
      expiration_s: 86_400,
      insecure: true,
    })
    expect(await refusal(name, { upstream_registry: upstream.host })).toBe(
      'Proxy Cache Configuration already exists',
    )
    expect(await admin.delete(at(name), 201)).toBe('Deleted')
    expect(await admin.get(at(name))).toEqual({
      upstream_registry: '',
      expiration_s: '',
      insecure: '',
    })
    await admin.delete(at(name), 404)
    const { logs } = (await admin.get(`/api/v1/organization/${name}/logs`)) as {
      logs: { kind: string; metadata: object }[]
    }
    expect(logs.filter(({ kind }) => kind.endsWith('_proxy_cache_config'))).toMatchObject([
      { kind: 'delete_proxy_cache_config' },
      { kind: 'create_proxy_cache_config', metadata: { upstream_registry: upstream.host } },
    ])
  })

  it('lead to no address that is blocked', async () => {
    await createOrganization('blocked')
    const notAllowed = 'The provided registry URL is not allowed'
    for (const upstream_registry of [
      '10.0.0.1:5000',
      '169.254.169.254',
      'localhost',
      '[::1]:5000',
    ]) {
      expect(await refusal('blocked', { upstream_registry })).toBe(notAllowed)
      expect(await refusal('blocked', { upstream_registry }, 'validateproxycache')).toBe(notAllowed)
    }
    expect(await refusal('blocked', { upstream_registry: 'https://docker.io' })).toBe(
      'Error while creating Proxy cache configuration',
    )
  })

  it('can be tried out before', async () => {
    const upstream = await watch()
    await createOrganization('tried')
    const tried = '/api/v1/organization/tried/validateproxycache'
    const base = { upstream_registry: upstream.host, insecure: true }
    const login = {
      upstream_registry_username: peer.username,
      upstream_registry_password: peer.password,
    }
    expect(await admin.post(tried, { ...base, ...login }, 202)).toBe('Valid')
    expect(await admin.post(tried, base, 202)).toBe('Anonymous')
    const wrong = { ...base, ...login, upstream_registry_password: 'wrong' }
    expect(await refusal('tried', wrong, 'validateproxycache')).toBe(
      'Failed login to remote registry. Please verify entered details and try again.',
    )
  })

  it('are refused where tags cannot change', async () => {
    await createOrganization('frozen')
    await server.client().pushImage('frozen/app', 'v1', createOpaqueImage('frozen', [10]))
    await admin.put('/api/v1/repository/frozen/app/tag/v1', { immutable: true }, 201)
    expect(await refusal('frozen', { upstream_registry: '127.0.0.1:5000' })).toBe(
      'Cannot convert organization to proxy cache: immutable tags exist',
    )
  })

  it('leave no room for policies that make tags immutable', async () => {
    const { name } = await createCache()
    const { repository } = await stock()
    const here = `${name}/${repository}`
    expect((await server.client().getManifest(here, 'v1')).status).toBe(200)
    for (const path of [`organization/${name}`, `repository/${here}`]) {
      const policies = `/api/v1/${path}/immutabilitypolicy/`
      expect(await admin.post(policies, { tagPattern: 'v.*' }, 400)).toMatchObject({
        detail: 'Cannot create immutability policy: organization is a proxy cache',
      })
    }
  })
})

describe('missed pulls', () => {
  interface Missed {
    readonly missed_pulls: readonly {
      readonly id: string
      readonly reference: string
      readonly upstream: string | null
      readonly count: number
      readonly clients: number
      readonly ignored: boolean
    }[]
  }
  const path = '/api/v1/mooring/missed-pulls'
  const find = async (search: string, more = '') =>
    ((await admin.get(`${path}?search=${search}${more}`)) as Missed).missed_pulls

  it('are listed with who asked how often, and where the image may be found', async () => {
    const { name, upstream } = await createCache()
    const client = server.client()
    await client.getManifest(`${name}/team/absent`, 'v1')
    expect(await find(`${name}/team/absent`)).toMatchObject([
      {
        reference: `${name}/team/absent:v1`,
        upstream: `${upstream.host}/team/absent:v1`,
        count: 1,
        clients: 1,
        ignored: false,
      },
    ])

    const anonymous = server.client('anonymous')
    for (const at of ['nowhere/app', 'quay/none']) {
      const answer = await anonymous.request('GET', `/v2/${at}/manifests/2.0?ns=docker.io`)
      expect(answer.status).toBe(401)
    }
    await client.pushImage('quay/some', 'v1', createOpaqueImage('some', [10]))
    await client.getManifest('quay/some', 'v1')
    await client.getManifest('quay/some', 'v2')
    await client.headManifest('quay/some', 'v2')
    expect(await find('nowhere/app')).toMatchObject([
      { reference: 'nowhere/app:2.0', upstream: 'docker.io/nowhere/app:2.0' },
    ])
    expect(await find('quay/some')).toMatchObject([
      { reference: 'quay/some:v2', upstream: null, count: 2, clients: 1 },
    ])
    // What is there, but not for this caller, is nobody's business.
    await anonymous.getManifest('quay/some', 'v1')
    expect(await find('quay/some')).toHaveLength(1)
  })

  it('can be sorted, ignored and forgotten', async () => {
    const client = server.client()
    for (const tag of ['a', 'b', 'b', 'b', 'a', 'c']) {
      await client.getManifest('quay/sorted', tag)
      // What is asked for in one millisecond has no order.
      const askedAt = Date.now()
      await until('the next millisecond', () => Date.now() > askedAt || undefined)
    }
    const tags = (rows: Missed['missed_pulls']) => rows.map(({ reference }) => reference.slice(-1))
    expect(tags(await find('quay/sorted'))).toEqual(['b', 'a', 'c'])
    expect(tags(await find('quay/sorted', '&sort=time'))).toEqual(['c', 'a', 'b'])

    const [most, next] = await find('quay/sorted')
    await admin.put(`${path}/${most?.id ?? ''}`, { ignored: true })
    expect(tags(await find('quay/sorted'))).toEqual(['a', 'c'])
    expect(tags(await find('quay/sorted', '&ignored=true'))).toEqual(['b'])
    await admin.delete(`${path}/${next?.id ?? ''}`)
    expect(tags(await find('quay/sorted'))).toEqual(['c'])
    await admin.delete(`${path}/${next?.id ?? ''}`, 404)
    await client.getManifest('quay/sorted', 'b')
    expect(tags(await find('quay/sorted'))).toEqual(['c'])
    await client.pushImage('quay/sorted', 'c', createOpaqueImage('come', [10]))
    expect(await find('quay/sorted')).toEqual([])
    await outsider.api.get(path, 403)
  })
})
