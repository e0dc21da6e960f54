import Sqlite from 'better-sqlite3'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createImage } from '../support/content.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

let server: TestServer
beforeAll(async () => {
  const audited = {
    ACTION_LOG_AUDIT_PULL_FAILURES: true,
    ACTION_LOG_AUDIT_PUSH_FAILURES: true,
    ACTION_LOG_AUDIT_DELETE_FAILURES: true,
    ACTION_LOG_AUDIT_LOGIN_FAILURES: true,
  }
  server = await startTestServer({ env: { QUAY_OVERRIDE_CONFIG: JSON.stringify(audited) } })
})
afterAll(() => server.stop())

interface Entry {
  readonly kind: string
  readonly performer_id: number | null
  readonly ip: string
  readonly metadata: Record<string, unknown>
}

/** The entries of a kind, once there is one: pulls are written up to a second later. */
function entriesOf(kind: string, tag?: string): Promise<readonly Entry[]> {
  return until(`an entry of ${kind}`, () => {
    const database = new Sqlite(join(server.dataDir, 'mooring.db'), { readonly: true })
    try {
      const rows = database
        .prepare(
          `select name as kind, performer_id, ip, metadata_json from logentry3
           join logentrykind on logentrykind.id = kind_id where name = ? order by logentry3.id`,
        )
        .all(kind) as (Omit<Entry, 'metadata'> & { metadata_json: string })[]
      const entries = rows.map(({ metadata_json, ...row }) => ({
        ...row,
        metadata: JSON.parse(metadata_json) as Record<string, unknown>,
      }))
      const wanted = entries.filter(({ metadata }) => tag === undefined || metadata['tag'] === tag)
      return wanted.length === 0 ? undefined : wanted
    } finally {
      database.close()
    }
  })
}

describe('the action log', () => {
  it('tells who pushed, pulled and deleted what, and from where', async () => {
    const client = server.client()
    await client.pushImage('quay/logged', 'v1', createImage())
    await client.getManifest('quay/logged', 'v1')
    await client.deleteManifest('quay/logged', 'v1')
    for (const kind of ['create_repo', 'push_repo', 'pull_repo', 'delete_tag']) {
      const [entry] = await entriesOf(kind)
      expect(entry).toMatchObject({
        performer_id: 1,
        metadata: { namespace: 'quay', repo: 'logged' },
      })
    }
    const [pull] = await entriesOf('pull_repo')
    expect(pull).toMatchObject({ ip: '127.0.0.1', metadata: { tag: 'v1', username: 'quay' } })
  })

  it('tells of a manifest that was deleted by digest and had no tag', async () => {
    const client = server.client()
    const image = createImage({ labels: { tagged: 'never' } })
    const { digest } = image.manifest
    await client.pushImage('quay/logged', digest, image)
    await client.deleteManifest('quay/logged', digest)
    const entries = await entriesOf('delete_tag')
    expect(entries.map(({ metadata }) => metadata['digest'])).toContain(digest)
  })

  it.each([
    ['pull_repo_failed', 'GET'],
    ['push_repo_failed', 'PUT'],
    ['delete_tag_failed', 'DELETE'],
  ])('tells of a refused call as %s', async (kind, method) => {
    const path = `/v2/quay/logged/manifests/refused-${method}`
    expect((await server.client('anonymous').request(method, path)).status).toBe(401)
    const entries = await entriesOf(kind, `refused-${method}`)
    expect(entries.map(({ metadata }) => metadata)).toEqual([
      {
        namespace: 'quay',
        repo: 'logged',
        tag: `refused-${method}`,
        message: 'access to the requested resource is not authorized',
      },
    ])
  })

  it('tells of logins, and of failed ones without the password', async () => {
    await server.client().request('GET', '/v2/')
    await server
      .client({ username: 'nobody', password: 'not-this-one' })
      .request('GET', '/v2/')
      .catch(() => undefined)
    const [success] = await entriesOf('login_success')
    expect(success?.performer_id).toBe(1)
    const [failure] = await entriesOf('login_failure')
    expect(failure?.metadata).toMatchObject({ username: 'nobody' })
    expect(JSON.stringify(failure)).not.toContain('not-this-one')
  })
})
