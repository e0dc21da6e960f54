import { expect, it } from 'vitest'
import { presets, upstreamOf, withPullSecret } from './presets.ts'

const secret = JSON.stringify({
  auths: {
    'quay.io': { auth: btoa('team+puller:a:b') },
    'https://index.docker.io/v1/': { username: 'ada', password: 'lovelace' },
    'registry.example.lan:5000': { auth: btoa('x:y') },
    'broken.example': { auth: '?' },
  },
})

it('makes a card of each registry of a pull secret', () => {
  const cards = withPullSecret(secret, [])
  expect(
    cards.map(({ name, url, username, password }) => [name, url, username, password.typed]),
  ).toEqual([
    ['quay', 'https://quay.io', 'team+puller', 'a:b'],
    ['docker-hub', 'https://registry-1.docker.io', 'ada', 'lovelace'],
    ['registry-example-lan-5000', 'https://registry.example.lan:5000', 'x', 'y'],
  ])
})

it('puts the login on the card that is there', () => {
  const quay = upstreamOf(
    presets.find(({ key }) => key === 'quay'),
    [],
  )
  const cards = withPullSecret(secret, [{ ...quay, mode: 'schedule' }])
  expect(cards).toHaveLength(3)
  expect(cards[0]).toMatchObject({ name: 'quay', mode: 'schedule', username: 'team+puller' })
})

it.each(['no json', '{}', '[]', 'null'])('refuses %s', (text) => {
  expect(() => withPullSecret(text, [])).toThrow(SyntaxError)
})

it('gives a second card of a kind a name of its own', () => {
  const first = upstreamOf(undefined, [])
  expect(upstreamOf(undefined, [first]).name).toBe('upstream-2')
})
