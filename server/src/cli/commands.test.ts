import { expect, it } from 'vitest'
import { commandsFor } from './commands.ts'

it('loads every command for the help, and each by its own name', async () => {
  const all = (await commandsFor(undefined)).map((command) => command.name())
  expect(all.length).toBeGreaterThan(20)
  expect(new Set(all).size).toBe(all.length)
  for (const name of all) {
    const some = await commandsFor(name)
    expect(some.map((command) => command.name())).toContain(name)
    expect(some.length).toBeLessThan(all.length)
  }
})
