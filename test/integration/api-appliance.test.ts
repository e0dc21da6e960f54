import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { createImage } from '../support/content.ts'
import { openEvents } from '../support/event-stream.ts'
import { startMailServer, type MailServer } from '../support/mail-server.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import type { Login } from '../support/world.ts'
import { until } from '../support/until.ts'

const base = '/api/v1/mooring'

let server: TestServer
let admin: ApiClient
let person: ApiClient
let mail: MailServer
let reader: Login

beforeAll(async () => {
  mail = await startMailServer()
  server = await startTestServer({
    env: {
      QUAY_OVERRIDE_CONFIG: JSON.stringify({
        SUPER_USERS: ['quay'],
        FEATURE_QUOTA_MANAGEMENT: true,
        // Without mail nobody is invited to a team.
        FEATURE_MAILING: true,
        ...{ MAIL_SERVER: '127.0.0.1', MAIL_PORT: mail.port, MAIL_USE_TLS: false },
      }),
    },
  })
  admin = await server.signedIn()
  reader = await createPerson('reader')
  person = await server.signedIn(reader)
})

afterAll(async () => {
  await server.stop()
  await mail[Symbol.asyncDispose]()
})

async function createPerson(username: string): Promise<Login> {
  const unconfirmed = { username, email: `${username}@unconfirmed.example.com` }
  const { password } = (await admin.post('/api/v1/superuser/users/', unconfirmed)) as Login
  // A superuser vouches for an address that it sets.
  await admin.put(`/api/v1/superuser/users/${username}`, { email: `${username}@example.com` })
  return { username, password }
}

const read = async (path: string) =>
  (await admin.get(`${base}/${path}`)) as Readonly<Record<string, unknown>>

describe('home', () => {
  it('ticks off what was done, and can be put away', async () => {
    const steps = async () => {
      const { checklist } = (await read('home')) as {
        checklist: { dismissed: boolean; steps: { id: string; done: boolean }[] }
      }
      const done = checklist.steps.filter((step) => step.done).map(({ id }) => id)
      return { done, dismissed: checklist.dismissed }
    }
    expect(await steps()).toEqual({ done: [], dismissed: false })
    expect((await server.api().request('GET', '/ca.crt')).status).toBe(200)
    await server.client().pushImage('quay/first', 'v1', createImage())
    const done = ['authority', 'first-push']
    expect(await steps()).toEqual({ done, dismissed: false })
    await admin.put(`${base}/home/checklist`, { dismissed: true })
    expect(await steps()).toEqual({ done, dismissed: true })
  })

  it('says how much there is, what is left, and when it was used last', async () => {
    const home = await read('home')
    expect(home).toMatchObject({ backups: null, space: { growth_per_week_bytes: null } })
    expect(home['certificates']).toContainEqual({
      role: 'server',
      days_left: expect.any(Number) as unknown,
    })
    expect(home['activity']).toMatchObject({
      last_push: expect.stringContaining('-0000') as unknown,
    })
  })
})

describe('health', () => {
  it('looks at everything, and remembers what is known until then', async () => {
    const checks = async () => (await read('health'))['checks'] as { id: string; code: string }[]
    const ids = (await checks()).map(({ id }) => id)
    for (const id of [
      'clock',
      'space',
      'database-latency',
      'listener-https',
      'certificate-server',
    ]) {
      expect(ids).toContain(id)
    }
    const until = Math.floor(Date.now() / 1000) + 3_600
    const path = `${base}/health/acknowledgement/space`
    const known = { note: 'a disk is on its way', by: 'quay' }
    expect(await admin.put(path, { note: known.note, until })).toMatchObject(known)
    expect((await checks()).find(({ id }) => id === 'space')).toMatchObject({
      acknowledged: known,
    })
    await admin.delete(path)
    expect((await checks()).find(({ id }) => id === 'space')).toMatchObject({ acknowledged: null })
  })

  it('takes no acknowledgement without an end, nor of a check that there is not', async () => {
    await admin.put(`${base}/health/acknowledgement/space`, { note: '', until: 1_000 }, 400)
    const later = Math.floor(Date.now() / 1000) + 3_600
    await admin.put(`${base}/health/acknowledgement/moon`, { note: '', until: later }, 404)
  })
})

describe('storage', () => {
  it('lists uploads under way, and ends one', async () => {
    const client = server.client()
    await client.startUpload('quay/first')
    const { uploads } = (await read('storage/uploads')) as { uploads: { id: string }[] }
    expect(uploads).toEqual([expect.objectContaining({ repository: 'quay/first', bytes: 0 })])
    const [{ id } = { id: '' }] = uploads
    await admin.delete(`${base}/storage/uploads/${id}`)
    await admin.delete(`${base}/storage/uploads/${id}`, 404)
    await admin.delete(`${base}/storage/uploads/nonsense`, 404)
    expect((await read('storage/uploads'))['uploads']).toEqual([])
  })

  it('adds up what there is', async () => {
    const overview = await until('the content to be counted', async () => {
      const found = await read('storage')
      return (found['growth'] as unknown[]).length > 0 ? found : undefined
    })
    expect(overview).toMatchObject({
      capacity: { uploads_bytes: 0, database_bytes: expect.any(Number) as unknown },
      content: { blobs: expect.any(Number) as unknown },
    })
  })

  it('plans a collection, and runs it when asked', async () => {
    const client = server.client()
    await client.pushImage('quay/garbage', 'old', createImage())
    await admin.delete('/api/v1/repository/quay/garbage')
    const planned = await admin.post(`${base}/storage/collection/plan`, undefined, 202)
    expect(planned).toMatchObject({ state: 'running' })
    await until('the plan', async () => {
      const { plan } = (await read('storage/collection')) as { plan: { state: string } }
      return plan.state === 'done' ? plan : undefined
    })
    expect(await admin.post(`${base}/storage/collection`, undefined, 202)).toMatchObject({
      state: 'running',
      by: 'quay',
    })
    const run = await until('the collection', async () => {
      const found = (await read('storage/collection')) as { run: { state: string } }
      return found.run.state === 'running' ? undefined : found.run
    })
    expect(run).toMatchObject({ state: 'done', error: null })
    await admin.delete(`${base}/storage/collection`)
  })

  it('finds a blob that is not what it was, and forgets it once it is whole again', async () => {
    const image = createImage()
    await server.client().pushImage('quay/damaged', 'v1', image)
    const [layer] = image.blobs
    if (layer === undefined) throw new Error('the image has no blobs')
    const hex = layer.digest.slice('sha256:'.length)
    const file = join(server.dataDir, 'storage/sha256', hex.slice(0, 2), hex)
    const whole = readFileSync(file)
    const flipped = Buffer.from(whole)
    flipped[0] = (flipped[0] ?? 0) ^ 1
    writeFileSync(file, flipped)
    const scrubbed = async () => {
      await admin.post(`${base}/storage/scrub`, { rate_limit: 10_737_418_240 }, 202)
      return until('the check', async () => {
        const found = (await read('storage/scrub')) as {
          scrub: { state: string; blobs_done: number }
          damaged: unknown[]
        }
        return found.scrub.state === 'running' ? undefined : found
      })
    }
    const found = await scrubbed()
    expect(found.scrub).toMatchObject({ state: 'done', error: null })
    expect(found.damaged).toEqual([
      expect.objectContaining({
        digest: layer.digest,
        reason: 'changed',
        repositories: expect.arrayContaining(['quay/damaged']) as unknown,
      }),
    ])
    writeFileSync(file, whole)
    expect((await scrubbed()).damaged).toEqual([])
    await admin.delete(`${base}/storage/scrub`)
  })
})

describe('the service', () => {
  it('says what it is and does', async () => {
    const state = await read('service')
    expect(state).toMatchObject({ state: 'running', pid: server.urls.pid, restarted_by: null })
    const listeners = state['listeners'] as { name: string }[]
    expect(listeners.map(({ name }) => name).sort()).toEqual(['http', 'https', 'metrics'])
    const workers = state['workers'] as { name: string; last_started: unknown }[]
    expect(workers.find(({ name }) => name === 'garbage-collection')?.last_started).not.toBeNull()
  })

  it('takes no writes while an administrator says so, also after a restart', async () => {
    const set = (on: boolean) => admin.post(`${base}/service/readonly`, { on, reason: 'moving' })
    expect(await set(true)).toMatchObject({ on: true, reason: 'moving', set_by: 'administrator' })
    await server.restart()
    expect((await server.api().get('/config')) as object).toMatchObject({
      registry_state: 'readonly',
    })
    await expect(server.client().pushImage('quay/no', 'v1', createImage())).rejects.toThrow(/405/)
    await admin.post('/api/v1/organization/', { name: 'not-now' }, 503)
    expect((await read('home'))['problems']).toContainEqual(
      expect.objectContaining({ id: 'read-only', severity: 'warning' }),
    )
    expect(await set(false)).toMatchObject({ on: false })
    await server.client().pushImage('quay/yes', 'v1', createImage())
  })

  it('is not restarted where nothing would start it again', async () => {
    const { message } = (await admin.post(`${base}/service/restart`, undefined, 409)) as {
      message: string
    }
    expect(message).toContain('Nothing would start this server again')
  })

  it('shows its log, and nobody but a superuser sees it', async () => {
    const { lines } = (await read('service/logs?component=api&limit=5')) as {
      lines: { component: string; seq: number }[]
    }
    expect(lines).toHaveLength(5)
    expect(new Set(lines.map(({ component }) => component))).toEqual(new Set(['api']))
    const before = lines.at(-1)?.seq ?? 0
    const older = (await read(`service/logs?before=${before}&limit=5`)) as {
      lines: { seq: number }[]
    }
    expect(older.lines.every(({ seq }) => seq < before)).toBe(true)
    await person.get(`${base}/service/logs`, 403)
    await person.get(`${base}/service/logs/events`, 403)
  })

  it('sends lines of the log as they are written', async () => {
    await using stream = await openEvents(admin, `${base}/service/logs/events?text=needle`)
    await admin.get('/api/v1/repository/quay/needle', 404)
    const { name, data } = await stream.next()
    expect(name).toBe('line')
    expect(data).toMatchObject({ message: 'api request', fields: { status: 404 } })
  })
})

describe('events', () => {
  const path = (topics: string) => `${base}/events?topics=${encodeURIComponent(topics)}`

  it('tell of a repository to who may see it', async () => {
    await person.get(path('repositories/quay/first'), 403)
    await person.get(path('repositories/quay/nowhere'), 403)
    await using stream = await openEvents(admin, path('repositories/quay/first'))
    await server.client().pushImage('quay/first', 'v2', createImage())
    expect(await stream.next()).toMatchObject({
      name: 'repository',
      data: { repository: 'quay/first', kind: 'push_repo' },
    })
  })

  it('tell people what they are told, and nobody else', async () => {
    await admin.post('/api/v1/organization/', { name: 'sails', email: 'sails@example.com' }, 201)
    await admin.put('/api/v1/organization/sails/team/hands', { role: 'member' })
    await using theirs = await openEvents(person, path('notifications'))
    await using others = await openEvents(admin, path('notifications,jobs'))
    await admin.put('/api/v1/organization/sails/team/hands/members/reader')
    const { id, name, data } = await theirs.next()
    expect({ name, data }).toMatchObject({
      name: 'notification',
      data: { kind: 'org_team_invite' },
    })
    expect(others.waiting()).toEqual([])

    // What came meanwhile is told to who comes again, and nothing twice.
    const since = await person.request('GET', path('notifications'), undefined, {
      'last-event-id': id,
    })
    expect(since.text()).toBe('')
    const lost = await person.request('GET', path('notifications'), undefined, {
      'last-event-id': 'ffffffff-1',
    })
    expect(lost.text()).toContain('event: reset')
  })

  it('about the appliance are for superusers', async () => {
    await person.get(path('jobs'), 403)
    await person.get(path('health'), 403)
    await server.api().get(path('notifications'), 401)
    await admin.get(path('unheard-of'), 400)
  })

  it('end with the session', async () => {
    const other = await server.signedIn(await createPerson('leaver'))
    await other.post('/api/v1/signout')
    await other.get(path('notifications'), 401)
  })
})

describe('what is somebody’s own', () => {
  it('is kept with the account', async () => {
    const path = `${base}/preferences`
    expect(await person.get(path)).toMatchObject({ language: null, theme: 'auto', page_size: 20 })
    await person.put(path, { language: 'ja', page_size: 50 })
    expect(await (await server.signedIn(reader)).get(path)).toMatchObject({
      ...{ language: 'ja', theme: 'auto', page_size: 50 },
    })
    await person.put(path, { theme: 'pink' }, 400)
    expect(await admin.get(path)).toMatchObject({ language: null })
  })

  it('is what was read in the drawer', async () => {
    const path = `${base}/notifications`
    const drawer = async () =>
      (await person.get(path)) as {
        notifications: { id: string; kind: string; read: boolean }[]
        unread: number
      }
    const { notifications, unread } = await drawer()
    expect(unread).toBe(notifications.length)
    const invited = notifications.find(({ kind }) => kind === 'org_team_invite')
    const mark = (read: boolean) => person.put(`${path}/${invited?.id ?? ''}`, { read })
    expect(await mark(true)).toMatchObject({ read: true, dismissed: false })
    expect((await drawer()).unread).toBe(unread - 1)
    await mark(false)
    expect((await drawer()).unread).toBe(unread)
    await person.post(`${path}/read`, undefined, 204)
    expect((await drawer()).unread).toBe(0)
    await admin.put(`${path}/${invited?.id ?? ''}`, { read: true }, 404)
  })
})

describe('a server that stops', () => {
  it('ends its streams instead of waiting for them', async () => {
    const stream = await openEvents(admin, `${base}/events?topics=health`)
    expect(await admin.post(`${base}/service/stop`, undefined, 202)).toEqual({
      waits_at_most_seconds: 25,
    })
    await stream.ended()
  })
})
