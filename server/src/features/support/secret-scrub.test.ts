import { expect, it } from 'vitest'
import { createSecretScrub, secretsIn } from './secret-scrub.ts'

it('finds the secrets of settings, however deep, and the passwords of addresses', () => {
  const settings = {
    SERVER_HOSTNAME: 'box.example',
    SECRET_KEY: 'first-secret',
    DB_URI: 'postgresql://quay:p%40ss-word@db/quay',
    DISTRIBUTED_STORAGE_CONFIG: { default: ['S3Storage', { secret_key: 'deep-secret' }] },
  }
  const found = secretsIn(Object.entries(settings))
  expect(found).toEqual(
    expect.arrayContaining(['first-secret', 'p%40ss-word', 'p@ss-word', 'deep-secret']),
  )
  expect(found).not.toContain('box.example')
})

const jwt = ['eyJhbGciOiJSUzI1NiJ9', 'eyJzdWIiOiJhZGEifQ', 'c2lnbmF0dXJl'].join('.')

it.each([
  ['it was a-known-secret again', 'it was [redacted] again'],
  ['Authorization: Bearer abcdef123456', 'Authorization: Bearer [redacted]'],
  ['Basic cXVheTpzZWNyZXQ=', 'Basic [redacted]'],
  [`token ${jwt}.`, 'token [redacted].'],
  ['amqp://user:pw@host/', 'amqp://[redacted]@host/'],
  ['password=hunter2&next=/', 'password=[redacted]&next=/'],
  ['{"api_key": "k-1"}', '{"api_key": "[redacted]"}'],
  ['-----BEGIN EC PRIVATE KEY-----\nMHc\n-----END EC PRIVATE KEY-----\nend', '[redacted]\nend'],
  ['the tag 1.0 of web was pulled', 'the tag 1.0 of web was pulled'],
])('%j becomes %j', (text, clean) => {
  expect(createSecretScrub(['a-known-secret', 'abc'])(text)).toBe(clean)
})
