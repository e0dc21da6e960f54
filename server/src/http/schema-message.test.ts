import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { schemaMessage } from './schema-message.ts'

const Body = z.object({
  name: z.string().min(2).max(4),
  role: z.enum(['read', 'write', 'admin']),
  count: z.int().min(1).optional(),
  inner: z.object({ uri: z.string() }).optional(),
  either: z.union([z.number(), z.null()]).optional(),
})

const good = { name: 'ada', role: 'read' }

describe('what is wrong with a body', () => {
  it.each([
    [{ role: 'read' }, "'name' is a required property"],
    [{ ...good, name: 5 }, "5 is not of type 'string'"],
    [{ ...good, name: null }, "None is not of type 'string'"],
    [{ ...good, role: 'x' }, "'x' is not one of ['read', 'write', 'admin']"],
    [{ ...good, count: 1.5 }, "1.5 is not of type 'integer'"],
    [{ ...good, count: 0 }, '0 is less than the minimum of 1'],
    [{ ...good, name: 'a' }, "'a' is too short"],
    [{ ...good, name: 'adalovelace' }, "'adalovelace' is too long"],
    [{ ...good, inner: {} }, "'uri' is a required property"],
    [{ ...good, inner: [] }, "[] is not of type 'object'"],
    [{ ...good, either: true }, "True is not of type 'number'"],
    ['text', "'text' is not of type 'object'"],
  ])('%j: %s', (input, text) => {
    const { error } = Body.safeParse(input)
    expect(error && schemaMessage(error, input)).toBe(text)
  })

  it('is told in few words, however much was sent', () => {
    const input = { ...good, role: 'x'.repeat(100_000) }
    const { error } = Body.safeParse(input)
    expect((error && schemaMessage(error, input))?.length).toBeLessThan(400)
  })
})
