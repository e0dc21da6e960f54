import { describe, expect, it } from 'vitest'
import { isProblem } from '../../problem.ts'
import { parseScope } from './scope.ts'

const host = 'registry.example:8443'

describe('a scope', () => {
  it.each([
    ['repository:acme/web:pull', 'acme/web', ['pull']],
    ['repository:acme/web:pull,push', 'acme/web', ['push', 'pull']],
    ['repository:acme/web:*', 'acme/web', ['*']],
    ['repository:acme/web:delete,pull', 'acme/web', ['pull', 'delete']],
    [`repository:${host}/acme/web:pull`, 'acme/web', ['pull']],
    ['repository:a/b/c:', 'a/b/c', []],
  ])('%s', (text, path, actions) => {
    expect(parseScope(text, host)).toMatchObject({ type: 'repository', path, actions })
  })

  it('asks for the catalog in the words that docker uses', () => {
    expect(parseScope('registry:catalog:*', host)).toEqual({
      type: 'registry',
      name: 'catalog',
      actions: ['*'],
    })
  })

  it.each([
    'repository',
    'repository:acme/web',
    'repository::pull',
    'repository:acme/web:own',
    'repository:other.example:80/acme/web:pull',
    'registry:all:*',
    'x:acme/web:pull',
  ])('refuses %s', (text) => {
    expect(() => parseScope(text, host)).toThrow(
      expect.toSatisfy((error) => isProblem(error, 'scope-invalid')),
    )
  })
})
