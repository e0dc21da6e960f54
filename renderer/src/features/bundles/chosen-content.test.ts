import { describe, expect, it } from 'vitest'
import {
  contentOf,
  isTagTicked,
  repositoriesOf,
  tickNamespace,
  tickOfNamespace,
  tickOfRepository,
  tickRepository,
} from './chosen-content.ts'

const app = { namespace: 'harbour', repository: 'app' }

describe('content that is ticked', () => {
  it('is a whole namespace, with what comes later', () => {
    const content = tickNamespace({}, 'harbour', true)
    expect(tickOfNamespace(content, 'harbour')).toBe('all')
    expect(isTagTicked(content, 'harbour', 'app', '1')).toBe(true)
    expect(repositoriesOf(content)).toEqual([{ name: 'harbour/*' }])
  })

  it('is the rest of a namespace when one repository is taken out of it', () => {
    const content = tickRepository({ harbour: 'all' }, app, undefined, ['app', 'charts'])
    expect(tickOfNamespace(content, 'harbour')).toBe('some')
    expect(repositoriesOf(content)).toEqual([{ name: 'harbour/charts' }])
  })

  it('is some tags of a repository', () => {
    const content = tickRepository({}, app, ['1', '2'], [])
    expect(tickOfRepository(content, 'harbour', 'app')).toBe('some')
    expect(isTagTicked(content, 'harbour', 'app', '2')).toBe(true)
    expect(isTagTicked(content, 'harbour', 'app', '3')).toBe(false)
    expect(repositoriesOf(content)).toEqual([{ name: 'harbour/app', tags: ['1', '2'] }])
  })

  it('comes back as it was from what the server takes', () => {
    const content = tickRepository({ quay: 'all' }, app, ['1', '2'], [])
    expect(contentOf(repositoriesOf(content))).toEqual(content)
    const whole = tickRepository({}, app, 'all', [])
    expect(contentOf(repositoriesOf(whole))).toEqual(whole)
  })

  it('is nothing once the last tick is gone', () => {
    const content = tickRepository(tickRepository({}, app, ['1'], []), app, [], [])
    expect(tickOfNamespace(content, 'harbour')).toBe('none')
    expect(repositoriesOf(content)).toEqual([])
  })
})
