import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { describe, expect, it } from 'vitest'

import { systemRandom } from '../platform/random.ts'
import { deriveKey, newDerivation, seal, SealBroken, unseal } from './sealing.ts'

const key = systemRandom.bytes(32)
const chunk = 64 * 1024

async function through(content: Buffer, stage: ReturnType<typeof seal>): Promise<Buffer> {
  const pieces = Array.from({ length: Math.ceil(content.length / 50_000) }, (_, at) =>
    content.subarray(at * 50_000, (at + 1) * 50_000),
  )
  const [result] = await Promise.all([buffer(stage), pipeline(Readable.from(pieces), stage)])
  return result
}

const sealed = (content: Buffer, context = 'a/database') =>
  through(content, seal(key, context, systemRandom))
const opened = (content: Buffer, context = 'a/database', withKey = key) =>
  through(content, unseal(withKey, context))

describe('sealed content', () => {
  it.each([0, 1, chunk - 1, chunk, chunk + 1, 5 * chunk, 5 * chunk + 77])(
    'of %i bytes comes back as it was',
    async (size) => {
      const content = systemRandom.bytes(size)
      const hidden = await sealed(content)
      expect(hidden.includes(content.subarray(0, 32)) && size >= 32).toBe(false)
      expect((await opened(hidden)).equals(content)).toBe(true)
    },
  )

  it('differs each time', async () => {
    const content = Buffer.from('the same')
    expect((await sealed(content)).equals(await sealed(content))).toBe(false)
  })

  it('is refused with another key, under another name, changed, cut off or longer', async () => {
    const hidden = await sealed(systemRandom.bytes(3 * chunk))
    const changed = Buffer.from(hidden)
    changed.writeUInt8(changed.readUInt8(70_000) ^ 1, 70_000)
    const sealedChunk = chunk + 16
    const head = hidden.length - 3 * sealedChunk
    const swapped = Buffer.concat([
      hidden.subarray(0, head),
      hidden.subarray(head + sealedChunk, head + 2 * sealedChunk),
      hidden.subarray(head, head + sealedChunk),
      hidden.subarray(head + 2 * sealedChunk),
    ])
    await expect(opened(hidden, 'a/database', systemRandom.bytes(32))).rejects.toThrow(SealBroken)
    await expect(opened(hidden, 'b/database')).rejects.toThrow(SealBroken)
    for (const broken of [
      changed,
      swapped,
      hidden.subarray(0, hidden.length - sealedChunk),
      hidden.subarray(0, 20),
      Buffer.concat([hidden, Buffer.alloc(30)]),
      Buffer.alloc(0),
    ]) {
      await expect(opened(broken)).rejects.toThrow(SealBroken)
    }
  })
})

describe('a passphrase', () => {
  it('gives the same key again, and another one with another salt', async () => {
    const derivation = { ...newDerivation(systemRandom), cost: 1024 }
    const other = { ...newDerivation(systemRandom), cost: 1024 }
    expect(await deriveKey('correct horse', derivation)).toEqual(
      await deriveKey('correct horse', derivation),
    )
    expect(await deriveKey('correct horse', other)).not.toEqual(
      await deriveKey('correct horse', derivation),
    )
  })

  it('is not derived at a cost that would take all memory', async () => {
    const greedy = { ...newDerivation(systemRandom), cost: 2 ** 30 }
    await expect(deriveKey('x', greedy)).rejects.toThrow(/cost/)
  })
})
