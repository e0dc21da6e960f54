import { expect, it } from 'vitest'

import { Problem } from '../../problem.ts'
import { UpstreamFault } from '../../upstream/upstream-fault.ts'
import { CopyFault } from '../copying/copy-fault.ts'
import { failureOf, knownFailure, MirrorFault } from './mirror-failure.ts'

const asked = { host: 'registry.example', asked: 'GET /v2/', reason: 'so it is' }
const withCode = (code: string) => Object.assign(new Error(code), { code })
const lookup = new UpstreamFault('connection_error', asked, { cause: withCode('ENOTFOUND') })
const refused = new UpstreamFault('connection_error', asked, { cause: withCode('ECONNREFUSED') })

it.each([
  [lookup, 'name_unknown'],
  [refused, 'connection_error'],
  [new UpstreamFault('disconnected', asked), 'disconnected'],
  [new UpstreamFault('tls_error', asked), 'tls_error'],
  [new MirrorFault('not_signed', 'Nobody has signed it'), 'not_signed'],
  [new CopyFault('digest-mismatch', 'Other bytes'), 'blob_mismatch'],
  [new Problem('upload-busy', { digest: 'sha256:00' }), 'busy'],
  [new Problem('storage-full'), 'storage_full'],
  [withCode('ENOSPC'), 'storage_full'],
  [new Problem('storage-unavailable'), 'storage_unavailable'],
  [new Problem('quota-exceeded'), 'quota_exceeded'],
  [new Problem('registry-read-only'), 'read_only'],
  [new Problem('manifest-blob-unknown', { message: 'it lacks a layer' }), 'manifest_invalid'],
  [new Problem('repository-unknown'), 'unknown_error'],
  [new Error('a mistake of ours'), 'unknown_error'],
])('%s is of the class %s', (error, code) => {
  expect(failureOf(error).code).toBe(code)
})

it('tells of nothing but failures that are known', () => {
  expect(knownFailure(new Error('with a secret'))).toBeUndefined()
  expect(failureOf(new Error('with a secret')).message).not.toContain('secret')
})
