import { describe, expect, test } from 'vitest'
import { parseS3Location } from './s3-locations.ts'

const own = {
  hostname: 's3.example.com',
  is_secure: true,
  storage_path: '/datastorage/registry',
  access_key: 'id',
  secret_key: 'secret',
  bucket_name: 'quay',
}
const amazon = { s3_bucket: 'quay', storage_path: 'registry/' }

describe('a location that is a bucket', () => {
  test.each([
    ['RadosGWStorage', {}, { endpoint: 'https://s3.example.com', region: 'us-east-1' }],
    ['RHOCSStorage', { is_secure: false }, { endpoint: 'http://s3.example.com' }],
    ['RadosGWStorage', { port: 9000 }, { endpoint: 'https://s3.example.com:9000' }],
    ['RadosGWStorage', { hostname: 'http://[::1]:7480/' }, { endpoint: 'http://[::1]:7480' }],
    ['RadosGWStorage', { hostname: '::1', port: '7480' }, { endpoint: 'https://[::1]:7480' }],
    ['RadosGWStorage', { region_name: 'zone' }, { region: 'zone' }],
    ['IBMCloudStorage', { storage_path: '/' }, { prefix: '', encrypts: false }],
    ['RadosGWStorage', { minimum_chunk_size_mb: 32 }, { partBytes: 32 * 1024 ** 2 }],
    ['RadosGWStorage', { maximum_chunk_size_mb: 6 }, { partBytes: 6 * 1024 ** 2 }],
    ['RadosGWStorage', {}, { partBytes: 8 * 1024 ** 2, prefix: 'datastorage/registry' }],
  ])('%s with %j', (driver, changes, expected) => {
    expect(parseS3Location(driver, { ...own, ...changes })).toMatchObject(expected)
  })

  test.each([
    [{}, { region: 'us-east-1', encrypts: true, prefix: 'registry' }],
    [{ s3_region: 'eu-central-1' }, { region: 'eu-central-1' }],
    [{ host: 's3.us-east-2.amazonaws.com' }, { region: 'us-east-2' }],
    [{ endpoint_url: 'http://minio:9000' }, { endpoint: 'http://minio:9000' }],
    [{ host: 'minio', port: 9000 }, { endpoint: 'https://minio:9000' }],
  ])('S3Storage with %j', (changes, expected) => {
    expect(parseS3Location('S3Storage', { ...amazon, ...changes })).toMatchObject(expected)
  })

  test("Amazon's own service needs no address, and no keys where the machine has a role", () => {
    const location = parseS3Location('S3Storage', { ...amazon, host: 's3.amazonaws.com' })
    expect(location).not.toHaveProperty('endpoint')
    expect(location).not.toHaveProperty('credentials')
  })

  test('shows no secret when it is printed', () => {
    expect(JSON.stringify(parseS3Location('RadosGWStorage', own))).not.toContain('"secret"')
  })

  test.each([
    ['RadosGWStorage', { secret_key: '' }, 'secret_key', 'is required'],
    ['RadosGWStorage', { is_secure: undefined }, 'is_secure', 'is required'],
    ['RadosGWStorage', { hostname: 'a b' }, 'hostname', 'must be the address of an S3 service'],
    ['RadosGWStorage', { storage_path: 'a/../b' }, 'storage_path', 'must not contain ..'],
    [
      'RadosGWStorage',
      { signature_version: 's3' },
      'signature_version',
      'must be s3v4; older signatures are not made',
    ],
    ['RadosGWStorage', { port: -1 }, 'port', 'must be a number above 0'],
    ['RadosGWStorage', { bucket_name: ['x'] }, 'bucket_name', 'must be of type string'],
    [
      'S3Storage',
      { s3_access_key: 'x' },
      's3_secret_key',
      'is required when the other key is given',
    ],
    [
      'S3Storage',
      { host: 'x', endpoint_url: 'http://x' },
      'host',
      'must not be given together with endpoint_url',
    ],
    ['S3Storage', { endpoint_url: 'http://id:key@x' }, 'endpoint_url', 'must not contain keys'],
  ])('%s with %j is refused', (driver, changes, parameter, wrong) => {
    const parameters = { ...(driver === 'S3Storage' ? amazon : own), ...changes }
    expect(parseS3Location(driver, parameters)).toEqual({ parameter, wrong })
  })
})
