import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { archiveOf } from '../features/config-editor/bundle-archive.ts'
import { readQuay } from './quay-import.ts'

const settings = {
  SERVER_HOSTNAME: 'quay.example.lan:8443',
  REGISTRY_TITLE: 'Example',
  SUPER_USERS: ['boss'],
  FEATURE_ANONYMOUS_ACCESS: true,
  FEATURE_REPO_MIRROR: true,
  DB_URI: 'postgresql://quay:pw@db.example.lan/quay',
  DISTRIBUTED_STORAGE_CONFIG: {
    default: [
      'RadosGWStorage',
      {
        ...{ hostname: 's3.example.lan', is_secure: true, port: 9000, bucket_name: 'quay' },
        ...{ access_key: 'id', secret_key: 'hush', storage_path: '/datastorage/registry' },
      },
    ],
  },
  TESTING: false,
}

describe('an import from Quay', () => {
  it('reads what maps into the steps of a bundle, and lists what does not', async () => {
    const certs = new Map([
      ['ssl.cert', Buffer.from('certificate')],
      ['ssl.key', Buffer.from('key')],
      ['extra_ca_certs/site.crt', Buffer.from('authority')],
    ])
    const { steps, taken, left } = await readQuay(
      await archiveOf({ configText: stringify(settings), certs }, 0),
    )
    expect(steps).toMatchObject({
      identity: { primaryName: 'quay.example.lan', externalPort: 8443, title: 'Example' },
      admin: { username: 'boss', anonymousPulls: true },
      mirrors: { mode: 'connected' },
      certificates: { kind: 'finished', server: { certificate: 'certificate', key: 'key' } },
      storage: {
        where: {
          ...{ endpoint: 'https://s3.example.lan:9000', bucket: 'quay', pathStyle: true },
          // Never among the objects of Quay.
          prefix: 'datastorage/registry/mooring',
        },
      },
    })
    expect(taken).toContain('ssl.key')
    expect(left.map(({ key }) => key)).toEqual(['DB_URI', 'TESTING', 'extra_ca_certs/site.crt'])
  })

  it('leaves a local folder to Quay, and values of another kind where they are', async () => {
    const text = stringify({
      SUPER_USERS: 'boss',
      DISTRIBUTED_STORAGE_CONFIG: { default: ['LocalStorage', { storage_path: '/x' }] },
    })
    const { steps, left } = await readQuay(Buffer.from(text))
    expect(steps).toEqual({})
    expect(left.map(({ key }) => key)).toEqual(['SUPER_USERS', 'DISTRIBUTED_STORAGE_CONFIG'])
  })

  it.each([
    ['no YAML', Buffer.from('a: [')],
    ['half an archive', Buffer.from([0x1f, 0x8b, 8, 0])],
  ])('says that it can do nothing with %s', async (_what, file) => {
    await expect(readQuay(file)).rejects.toMatchObject({ code: 'MOOR-SET-029' })
  })

  it('takes an archive without config.yaml for no bundle', async () => {
    const { gzipSync } = await import('node:zlib')
    const empty = gzipSync(Buffer.alloc(1_024))
    await expect(readQuay(empty)).rejects.toMatchObject({ code: 'MOOR-SET-029' })
  })
})
