import { describe, expect, it } from 'vitest'
import { bodyOf, emptyNotification, faultsOf, type NewNotification } from './new-notification.ts'

const filled = (values: Partial<NewNotification>): NewNotification => ({
  ...{ ...emptyNotification('repo_push'), recipient: { kind: 'user', name: 'ann' } },
  ...values,
})
const faultNames = (values: Partial<NewNotification>) =>
  Object.entries(faultsOf(filled(values))).flatMap(([field, fault]) =>
    fault === undefined ? [] : [`${field}: ${fault}`],
  )

describe('what is sent for a new notification', () => {
  it.each<
    [string, Partial<NewNotification>, { config?: object; eventConfig?: object; event?: string }]
  >([
    ['a person', {}, { config: { target: { kind: 'user', name: 'ann' } }, eventConfig: {} }],
    [
      'a team',
      { recipient: { kind: 'team', name: 'crew' } },
      { config: { target: { kind: 'team', name: 'crew' } } },
    ],
    ['everybody', { audience: 'all' }, { config: { target: { kind: 'org', name: 'site' } } }],
    ['an address', { method: 'email', email: ' a@b.c ' }, { config: { email: 'a@b.c' } }],
    [
      'a webhook without a template',
      { method: 'webhook', url: 'https://a.b/c', template: ' ' },
      { config: { url: 'https://a.b/c' } },
    ],
    [
      'a webhook with a template',
      { method: 'webhook', url: 'https://a.b/c', template: '{"a":1}' },
      { config: { url: 'https://a.b/c', template: '{"a":1}' } },
    ],
    [
      'an image that expires',
      { event: 'repo_image_expiry', days: 5, level: '2', ref: 'x' },
      { event: 'repo_image_expiry', eventConfig: { days: 5 } },
    ],
    ['a vulnerability', { event: 'vulnerability_found' }, { eventConfig: { level: 1 } }],
    ['a build', { event: 'build_start', ref: 'a/b' }, { eventConfig: { 'ref-regex': 'a/b' } }],
    ['any build', { event: 'build_start' }, { eventConfig: {} }],
  ])('says %s as the server expects it', (_name, values, body) => {
    const sent = bodyOf(filled(values), 'site')
    expect(sent).toMatchObject(body)
    expect(Object.keys(sent.config)).toEqual(Object.keys(body.config ?? sent.config))
  })

  it('has a title only when there is one', () => {
    expect(bodyOf(filled({ title: '  ' }), 'site')).not.toHaveProperty('title')
    expect(bodyOf(filled({ title: ' call ' }), 'site')).toMatchObject({ title: 'call' })
  })
})

describe('what is wrong with a new notification', () => {
  it.each<[Partial<NewNotification>, string[]]>([
    [{}, []],
    [{ recipient: null }, ['recipient: Choose who is told.']],
    [{ recipient: null, audience: 'all' }, []],
    [{ method: 'email', email: 'nobody' }, ['email: Invalid email']],
    [{ method: 'slack', url: 'ftp://a' }, ['url: URL must begin with http(s)://']],
    [{ method: 'webhook', url: '' }, ['url: URL must begin with http(s)://']],
    [{ method: 'webhook', url: 'http://' }, ['url: URL must begin with http(s)://']],
    [{ method: 'webhook', url: 'http://a', template: '{' }, ['template: Must be valid JSON']],
    [{ event: 'repo_image_expiry' }, ['days: Must be a number']],
    [{ event: 'repo_image_expiry', days: 0 }, ['days: Must be a whole number from 1 on']],
    [{ event: 'build_start', ref: 'v(' }, ['ref: Invalid regular expression']],
    [{ ref: 'v(', url: 'x', email: 'x', template: '{' }, []],
  ])('%j has %j', (values, faults) => {
    expect(faultNames(values)).toEqual(faults)
  })
})
