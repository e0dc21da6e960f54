import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { stepIds, stepSchemas } from '../contract/setup-steps.ts'
import { systemRandom } from '../platform/random.ts'
import { readAnswers, requireKnownFields, resolveAnswers, writeAnswers } from './answer-file.ts'
import { SetupError } from './setup-codes.ts'
import { emptySetup, type SavedStep } from './setup-state.ts'

const saved = (values: unknown): SavedStep => ({
  ...{ values, skipped: false, tests: [], overruled: false, untested: false },
  host: { hostname: 'host', addresses: [] },
})

const state = {
  ...emptySetup,
  steps: {
    scanning: saved({ kind: 'clair', url: 'http://clair:6060', psk: { stored: 'a1' }, ca: null }),
  },
}
const secrets = { a1: 'the key of clair' }

const codeOf = (work: () => unknown) => {
  try {
    work()
    return undefined
  } catch (error) {
    return error instanceof SetupError ? error.code : String(error)
  }
}

test('the example explains every field of every step, and each as the step takes it', () => {
  const example = new URL('../../../installer/site.example.yaml', import.meta.url)
  const { steps } = readAnswers(readFileSync(example, 'utf8'), null)
  for (const id of stepIds) {
    if (id === 'welcome') continue
    const taken = stepSchemas[id].safeParse(steps[id])
    expect([id, taken.error?.issues ?? []]).toEqual([id, []])
    requireKnownFields(id, steps[id], taken.data)
  }
})

test('a field that nothing reads is named', () => {
  const taken = { family: 'IPv4', outbound: { kind: 'direct' }, addresses: ['192.0.2.1'] }
  const check = (given: unknown) => () => {
    requireKnownFields('network', given, taken)
  }
  expect(check({ family: 'IPv4', addresses: ['192.0.2.1'] })).not.toThrow()
  expect(codeOf(check({ address: '192.0.2.1' }))).toBe(codeOf(() => readAnswers('[]', null)))
  expect(check({ outbound: { kind: 'direct', proxy: 'x' } })).toThrow(/network.*outbound\.proxy/)
})

test('secrets leave only encrypted, and come back with the passphrase alone', () => {
  const bare = writeAnswers({ state, secrets, passphrase: null, random: systemRandom })
  expect(readAnswers(bare, null).steps.scanning).toMatchObject({ psk: null })

  const passphrase = 'a long passphrase'
  const sealed = writeAnswers({ state, secrets, passphrase, random: systemRandom })
  expect(sealed).not.toContain(secrets.a1)
  expect(readAnswers(sealed, passphrase).steps.scanning).toMatchObject({ psk: secrets.a1 })
  expect(codeOf(() => readAnswers(sealed, 'another'))).toBe('MOOR-SET-017')
  expect(codeOf(() => readAnswers(sealed, null))).toBe('MOOR-SET-017')
})

test('a file is read for a secret only where its reader may read files', () => {
  const text = 'version: 1\nadmin: {password: {file: /etc/shadow}}\n'
  expect(readAnswers(text, null, (file) => `content of ${file}`).steps.admin).toEqual({
    password: 'content of /etc/shadow',
  })
  expect(readAnswers(text, null).steps.admin).toEqual({ password: { file: '/etc/shadow' } })
})

test.each([
  ['no YAML', 'version: [1'],
  ['another version', 'version: 2'],
  ['a step that there is not', 'version: 1\nnetzwerk: {}'],
  ['a step that is no list of fields', 'version: 1\nnetwork: 8443'],
  ['a bomb of aliases', `version: 1\nadmin: &a {x: 1}\nnetwork: {y: [*a, *a]}`],
])('refuses %s', (_what, text) => {
  expect(codeOf(() => readAnswers(text, null))).toBe('MOOR-SET-016')
})

test('answers for somebody who may read no files have their secrets in place', () => {
  const sealed = writeAnswers({ state, secrets, passphrase: 'a passphrase', random: systemRandom })
  const text = `${sealed}admin: {username: ada, password: {file: secret}}\n`
  const resolved = resolveAnswers(text, 'a passphrase', (file) => `content of ${file}: "'\n`)
  expect(readAnswers(resolved, null)).toEqual({
    language: 'en',
    steps: {
      admin: { username: 'ada', password: `content of secret: "'\n` },
      scanning: { kind: 'clair', url: 'http://clair:6060', psk: secrets.a1, ca: null },
    },
  })
})
