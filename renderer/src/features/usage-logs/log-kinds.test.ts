import { describe, expect, it } from 'vitest'
import source from '../../../../server/src/db/migrations/0001-log-kinds.ts?raw'
import own from '../../../../server/src/db/migrations/0013-appliance-kinds.ts?raw'
import ofUpstreams from '../../../../server/src/db/migrations/0015-mirror-log.ts?raw'
import { logKinds, logText } from './log-kinds.ts'

const row = (kind: string, metadata: Record<string, unknown>, more = {}) => ({
  ...{ kind, metadata, ip: null, datetime: '', repository: null },
  ...more,
})
const digest = `sha256:${'ab'.repeat(32)}`
const says = (kind: string, metadata: Record<string, unknown>, more = {}) =>
  logText(row(kind, metadata, more), 'en')

describe('what a log says', () => {
  it('knows every kind that the server records', () => {
    const lists = [source, own, ofUpstreams].map((text) =>
      text.slice(text.indexOf('= [', text.indexOf('export const')), text.indexOf('] as const')),
    )
    const recorded = lists.flatMap((text) => [...text.matchAll(/'(\w+)'/g)].map(([, kind]) => kind))
    expect(recorded).toContain('upstreams_connected')
    expect(recorded.length).toBeGreaterThan(160)
    expect(recorded.filter((kind) => !((kind ?? '') in logKinds))).toEqual([])
  })

  it('is a sentence for every kind, whatever the entry lacks', () => {
    for (const kind of Object.keys(logKinds)) {
      expect(says(kind, {})).not.toMatch(/undefined|\[object|\{/)
      expect(says(kind, {})).not.toBe('')
    }
  })

  it('names tags and digests with their repository', () => {
    const place = { namespace: 'site', repo: 'web/app' }
    expect(says('push_repo', { ...place, tag: '1.0' })).toBe('1.0 was pushed to site/web/app')
    expect(says('pull_repo', { ...place, manifest_digest: digest })).toBe(
      'sha256:abababababab was pulled from site/web/app',
    )
    expect(
      says('move_tag', {
        ...{ ...place, tag: 'latest', manifest_digest: digest },
        original_manifest_digest: digest,
      }),
    ).toContain('was moved from sha256:abababababab to')
  })

  it('tells users from teams', () => {
    const place = { namespace: 'site', repo: 'app' }
    expect(says('change_repo_permission', { ...place, username: 'ann', role: 'write' })).toBe(
      'ann now has the permission Write on site/app',
    )
    const namespace = { namespace: { kind: 'org', name: 'site', avatar: {} } }
    expect(says('delete_repo_permission', { team: 'ops', repo: 'app' }, namespace)).toBe(
      'The permission of ops on site/app was removed',
    )
  })

  it('tells set, changed and removed expirations apart', () => {
    const tag = { namespace: 'a', repo: 'b', tag: 'c' }
    expect(says('change_tag_expiration', { ...tag, expiration_date: 1_800_000_000 })).toContain(
      'will expire on',
    )
    expect(says('change_tag_expiration', { ...tag, old_expiration_date: 1_800_000_000 })).toContain(
      'no longer expires',
    )
  })

  it('tells how the key of an authority is kept, and until when a worker is paused', () => {
    const kind = 'certificate_authority_key_stored'
    expect(says(kind, { encrypted: true })).toContain('behind a passphrase')
    expect(says(kind, { encrypted: false })).toContain('without a passphrase')
    expect(says('worker_paused', { worker: 'gc' })).toBe('The background worker gc was paused')
    expect(says('worker_paused', { worker: 'gc', until: 1_800_000_000 })).toContain('until Jan')
  })

  it('names events and methods of notifications as their settings do', () => {
    const notification = { namespace: 'site', repo: 'app', event: 'repo_push', method: 'webhook' }
    expect(says('add_repo_notification', notification)).toBe(
      'A notification of site/app was added: Push to Repository, Webhook POST',
    )
    expect(says('delete_repo_notification', { ...notification, method: 'pigeon' })).toContain(
      'pigeon',
    )
  })

  it('shows a kind of a later version by its name', () => {
    expect(says('quantum_push', { x: 1 })).toBe('quantum_push {"x":1}')
  })
})
