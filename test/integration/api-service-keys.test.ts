import { createPrivateKey, createPublicKey } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, jwtVerify, type JWK } from 'jose'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { parseChallenge } from '../support/registry-session.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import {
  createServiceKeyPair,
  signAsService,
  type ServiceKeyPair,
  type SignOptions,
} from '../support/service-key-pair.ts'

interface ServiceKey {
  readonly kid: string
  readonly name: string
  readonly service: string
  readonly metadata: Record<string, unknown>
  readonly expiration_date: string | null
  readonly approval: { readonly approval_type: string } | null
}

let server: TestServer
let root: ApiClient
let anybody: ApiClient
let audience: string

beforeAll(async () => {
  server = await startTestServer({
    env: { QUAY_OVERRIDE_CONFIG: JSON.stringify({ SUPER_USERS: ['quay'] }) },
  })
  root = await server.signedIn()
  anybody = server.api()
  const challenge = await anybody.request('GET', '/v2/')
  const { service = '' } = parseChallenge(challenge.header('www-authenticate'))
  audience = `https://${service}`
})
afterAll(() => server.stop())

const createPair = createServiceKeyPair
const sign = (
  pair: Pick<ServiceKeyPair, 'kid' | 'privateKey'>,
  options: Partial<SignOptions> = {},
) => signAsService(pair, { audience, ...options })
const pathOf = ({ kid }: { kid: string }, service = 'scanner') =>
  `/keys/services/${service}/keys/${kid}`
const put = async (
  pair: ServiceKeyPair,
  token: string | Promise<string>,
  query = '',
  jwk: unknown = pair.jwk,
) => anybody.request('PUT', pathOf(pair) + query, jwk, { authorization: `Bearer ${await token}` })
const remove = async (pair: ServiceKeyPair, token: string | Promise<string>) =>
  anybody.request('DELETE', pathOf(pair), undefined, { authorization: `Bearer ${await token}` })
const get = (pair: { kid: string }, service?: string) =>
  anybody.request('GET', pathOf(pair, service))
const approve = (pair: { kid: string }) =>
  root.post(`/api/v1/superuser/approvedkeys/${pair.kid}`, { notes: 'fine' }, 201)
const asked = async () => {
  const { notifications } = (await root.get('/api/v1/user/notifications?limit=50')) as {
    notifications: { kind: string; metadata: { kid?: string } }[]
  }
  return notifications
    .filter(({ kind }) => kind === 'service_key_submitted')
    .map(({ metadata }) => metadata.kid)
}
const logged = async (kind: string) => {
  const { logs } = (await root.get('/api/v1/superuser/logs')) as {
    logs: { kind: string; metadata: Record<string, unknown> }[]
  }
  return logs.find((entry) => entry.kind === kind)?.metadata
}
const soon = (seconds: number) => Math.floor(Date.now() / 1_000) + seconds

describe('the key of this server', () => {
  it('is published, and signs the tokens of the registry', async () => {
    const { keys } = (await anybody.get('/keys/services/quay/keys')) as {
      keys: (JWK & { kid: string })[]
    }
    expect(keys).toHaveLength(1)
    const basic = Buffer.from(`${server.username}:${server.password}`).toString('base64')
    const answer = await anybody.request('GET', '/v2/auth', undefined, {
      authorization: `Basic ${basic}`,
    })
    const { token } = answer.json() as { token: string }
    const [jwk] = keys
    if (jwk === undefined) throw new Error('no key')
    const { protectedHeader } = await jwtVerify(
      token,
      createPublicKey({ key: { ...jwk }, format: 'jwk' }),
    )
    expect(protectedHeader.kid).toBe(jwk.kid)
    expect(jwk).not.toHaveProperty('d')
    const { kid, ...bare } = jwk
    expect(await calculateJwkThumbprint(bare)).toBe(kid)
  })

  it('is approved without anybody, once', async () => {
    await server.restart()
    root = await server.signedIn()
    const { keys } = (await root.get('/api/v1/superuser/keys')) as { keys: ServiceKey[] }
    expect(keys.filter(({ service }) => service === 'quay')).toMatchObject([
      { approval: { approver: null, approval_type: 'ServiceKeyApprovalType.AUTOMATIC' } },
    ])
  })
})

describe('a key that a superuser makes', () => {
  const create = (body: Record<string, unknown>) =>
    root.request('POST', '/api/v1/superuser/keys', { service: 'signer', expiration: null, ...body })

  it('is approved, and its private part is shown once', async () => {
    const answer = await create({ name: 'ci signing', notes: 'n', metadata: { team: 'dev' } })
    const made = answer.json() as {
      kid: string
      private_key: string
      public_key: string
    }
    expect(made).toMatchObject({ name: 'ci signing', service: 'signer' })
    expect(made.private_key).toContain('BEGIN RSA PRIVATE KEY')
    const ours = createPublicKey(createPrivateKey(made.private_key))
    expect(ours.equals(createPublicKey(made.public_key))).toBe(true)
    expect(await calculateJwkThumbprint(await exportJWK(ours))).toBe(made.kid)
    const kept = await root.get(`/api/v1/superuser/keys/${made.kid}`)
    expect(kept).toMatchObject({
      ...{ kid: made.kid, expiration_date: null, rotation_duration: null },
      metadata: { created_by: 'Quay Superuser Panel', creator: 'quay', team: 'dev' },
      approval: {
        approver: { kind: 'user', username: 'quay', super_user: true },
        approval_type: 'ServiceKeyApprovalType.SUPERUSER',
        notes: 'n',
      },
    })
    expect(JSON.stringify(kept)).not.toContain('PRIVATE')
    expect((await get(made, 'signer')).status).toBe(200)
  })

  it.each([
    [{ name: 'a;b' }, 'Invalid service key friendly name: a;b'],
    [{ expiration: 1_000 }, 'Expiration date cannot be in the past'],
    [{ expiration: 1e15 }, 'Invalid expiration date: 1000000000000000'],
    [{ service: 'No-Service' }, "'No-Service' does not match '/^[a-z0-9_]+$/'"],
    [{ service: undefined }, "'service' is a required property"],
  ])('is refused for %j', async (body, detail) => {
    const answer = await create(body)
    expect([answer.status, answer.json()]).toMatchObject([400, { detail }])
  })

  it('is changed and removed', async () => {
    const { kid } = (await create({ metadata: { a: 1, b: 2 } })).json() as ServiceKey
    const path = `/api/v1/superuser/keys/${kid}`
    const expiration = soon(3_600)
    const changed = (await root.put(path, {
      name: 'x',
      metadata: { b: 3 },
      expiration,
    })) as ServiceKey
    expect(changed).toMatchObject({ name: 'x', metadata: { a: 1, b: 3, creator: 'quay' } })
    expect(Date.parse(changed.expiration_date ?? '')).toBe(expiration * 1_000)
    expect(await logged('service_key_extend')).toMatchObject({
      ...{ kid, old_expiration_date: null, expiration_date: changed.expiration_date },
    })
    expect(await logged('service_key_modify')).toMatchObject({ kid, name: 'x' })
    const past = await root.request('PUT', path, { expiration: 5 })
    expect(past.json()).toMatchObject({ detail: 'Cannot have an expiration date in the past' })
    await root.delete(path)
    expect((await root.request('GET', path)).status).toBe(404)
    expect((await root.request('PUT', path, {})).status).toBe(404)
    expect((await root.request('DELETE', path)).status).toBe(404)
    expect(await logged('service_key_delete')).toMatchObject({ kid, service: 'signer' })
  })
})

describe('a key that a service submits', () => {
  it('waits until a superuser approves it', async () => {
    const pair = await createPair()
    const answer = await put(pair, sign(pair), `?expiration=${String(soon(3_600))}&rotation=600`)
    expect(answer.status).toBe(202)
    expect((await get(pair)).status).toBe(409)
    expect(await asked()).toContain(pair.kid)
    expect(await logged('service_key_create')).toMatchObject({
      ...{ kid: pair.kid, service: 'scanner', preshared: false, auto_approved: false },
    })
    // Submitted again it is still the same one.
    expect((await put(pair, sign(pair))).status).toBe(202)

    await approve(pair)
    await approve(pair)
    expect(await asked()).not.toContain(pair.kid)
    const shown = await get(pair)
    expect(shown.json()).toEqual({ ...pair.jwk, kid: pair.kid })
    const [, seconds] = /^max-age=(\d+)$/.exec(shown.header('cache-control')) ?? []
    expect(Number(seconds)).toBeGreaterThan(3_500)
    expect(Number(seconds)).toBeLessThanOrEqual(3_600)
    expect((await get(pair, 'other')).status).toBe(404)
    const { keys } = (await anybody.get('/keys/services/scanner/keys')) as {
      keys: { kid: string }[]
    }
    expect(keys.map(({ kid }) => kid)).toEqual([pair.kid])
  })

  it('is replaced by one that it vouches for', async () => {
    const [old, fresh] = [await createPair(), await createPair()]
    await put(old, sign(old))
    expect((await put(fresh, sign(old))).status).toBe(403)
    await approve(old)
    expect((await put(fresh, sign(old))).status).toBe(200)
    expect([(await get(fresh)).status, (await get(old)).status]).toEqual([200, 404])
    expect(await root.get(`/api/v1/superuser/keys/${fresh.kid}`)).toMatchObject({
      approval: { approver: null, approval_type: 'ServiceKeyApprovalType.KEY_ROTATION' },
    })
    expect(await logged('service_key_rotate')).toMatchObject({
      ...{ kid: fresh.kid, signer_kid: old.kid, service: 'scanner' },
    })
    expect((await put(await createPair(), sign(old))).status).toBe(403)
  })

  it('is removed by itself or by an approved one', async () => {
    const [first, second, stranger] = [await createPair(), await createPair(), await createPair()]
    await put(first, sign(first))
    await put(second, sign(second))
    expect((await remove(first, sign(stranger))).status).toBe(403)
    expect((await remove(first, sign(second))).status).toBe(403)
    await approve(second)
    expect((await remove(first, sign(second))).status).toBe(204)
    expect((await remove(second, sign(second))).status).toBe(204)
    expect((await remove(second, sign(second))).status).toBe(404)
    expect(await asked()).not.toContain(first.kid)
  })

  it('has to be signed for this registry and this service, now', async () => {
    const pair = await createPair()
    const other = await createPair()
    const refused = [
      await put(pair, sign(pair, { service: 'other' })),
      await put(pair, sign(pair, { audience: 'https://elsewhere.example.com' })),
      await put(pair, sign(pair, { lifeSeconds: -120 })),
      await put(pair, sign(pair, { algorithm: 'RS512' })),
      await put(pair, sign({ ...other, kid: pair.kid })),
      await put(pair, 'nonsense'),
      await put(pair, sign(pair), '', { kty: 'RSA' }),
      await put(pair, sign(pair), '', { ...pair.jwk, kid: 'another' }),
      await put(pair, sign(pair), '', { ...pair.jwk, n: 'AQAB' }),
      await put(pair, sign(pair), '?expiration=5'),
      await put(pair, sign(pair), '?rotation=-5'),
      await put(pair, sign(pair), '?expiration=x'),
      await put(pair, sign(pair), '?expiration=999999999999999'),
    ]
    expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 400))
    expect((await get(pair)).status).toBe(404)
  })

  it('keeps its private part to itself', async () => {
    const pair = await createPair()
    const whole = await exportJWK(pair.privateKey)
    await put(pair, sign(pair), '', whole)
    const kept = await root.get(`/api/v1/superuser/keys/${pair.kid}`)
    expect(JSON.stringify(kept)).not.toContain(String(whole.d))
  })

  it('takes no key id of another', async () => {
    const pair = await createPair()
    await put(pair, sign(pair))
    const thief = { ...(await createPair()), kid: pair.kid }
    expect((await put(thief, sign(thief))).status).toBe(400)
  })
})
