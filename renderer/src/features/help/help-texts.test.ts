import { expect, it } from 'vitest'
import { loadHelp, plainLines, searchHelp } from './help-texts.ts'
import { helpTopics } from './help-topics.ts'

it.each(['en', 'ja'])(
  'has every topic in %s, with the address of this registry',
  async (locale) => {
    for (const { name } of helpTopics) {
      const { body, isFallback } = await loadHelp(name, locale, 'registry.example:8443')
      expect([name, isFallback, body.length > 200]).toEqual([name, false, true])
      expect(body).not.toContain('{{')
    }
  },
)

it('links only to topics that there are', async () => {
  const known = new Set<string>(helpTopics.map(({ name }) => name))
  for (const locale of ['en', 'ja']) {
    for (const { name } of helpTopics) {
      const { body } = await loadHelp(name, locale, 'h')
      const linked = [...body.matchAll(/\]\(\/help\/([^)]*)\)/g)].map(([, topic]) => topic ?? '')
      expect(linked.filter((topic) => !known.has(topic))).toEqual([])
    }
  }
})

it('shows English where a translation lacks', async () => {
  expect(await loadHelp('trust', 'xx', 'h')).toMatchObject({ isFallback: true })
})

it('finds topics by words, and shows where', async () => {
  const hits = await searchHelp('hosts.toml', 'en', 'registry.example')
  expect(hits.map(({ topic }) => topic)).toEqual(['trust'])
  expect(hits[0]?.line).toBe('In /etc/containerd/certs.d/registry.example/hosts.toml:')
  expect((await searchHelp('backup', 'en', 'h'))[0]?.topic).toBe('backup')
  expect(await searchHelp('no such words', 'en', 'h')).toEqual([])
})

it('reads Markdown as plain lines', () => {
  expect(plainLines('## A *b*\n\n- see [this](/help/x)\n- `that`')).toEqual([
    'A b',
    'see this that',
  ])
})
