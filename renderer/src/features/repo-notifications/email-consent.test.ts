import { expect, it } from 'vitest'
import { EmailConsent } from './email-consent.svelte.ts'

/** An address that agrees after so many looks, once it was asked. */
function world(looksUntilGiven: number) {
  let looks = 0
  const asked: string[] = []
  const calls = {
    isGiven: () => Promise.resolve(asked.length > 0 && ++looks > looksUntilGiven),
    ask: (email: string) => {
      asked.push(email)
      return Promise.resolve(false)
    },
  }
  return { asked, consent: new EmailConsent(calls, 1) }
}

it('knows who was never asked, asks, and goes on when the link was followed', async () => {
  const { consent, asked } = world(3)
  expect(await consent.check('a@b.c')).toBe(false)
  expect(consent.missing).toEqual({ email: 'a@b.c', isAsked: false })
  await new Promise<void>((given) => void consent.ask('a@b.c', given))
  expect(asked).toEqual(['a@b.c'])
  expect(consent.missing).toBeUndefined()
  expect(await consent.check('a@b.c')).toBe(true)
})

it('stops looking when nobody waits any more', async () => {
  const { consent } = world(2)
  let isGiven = false
  await consent.check('a@b.c')
  await consent.ask('a@b.c', () => (isGiven = true))
  expect(consent.missing).toEqual({ email: 'a@b.c', isAsked: true })
  consent.stop()
  expect(consent.missing).toBeUndefined()
  // Another one that waits as long is through by now.
  const other = world(2)
  await other.consent.check('d@e.f')
  await new Promise<void>((given) => void other.consent.ask('d@e.f', given))
  expect(isGiven).toBe(false)
})
