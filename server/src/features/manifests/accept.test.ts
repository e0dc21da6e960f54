import { describe, expect, it } from 'vitest'
import { accepts } from './accept.ts'

const type = 'application/vnd.oci.image.manifest.v1+json'

describe('an Accept header', () => {
  it.each([
    [undefined, true],
    ['', true],
    ['*/*', true],
    ['application/json', true],
    [type, true],
    [`text/html, ${type};q=0.5`, true],
    [`${type};q=0`, false],
    [`${type}; q=0.0, text/html`, false],
    ['application/vnd.docker.distribution.manifest.v2+json', false],
    ['text/html', false],
  ])('%s', (header, expected) => {
    expect(accepts(header, type)).toBe(expected)
  })
})
