import { zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { digestOf } from '../../../test/support/content.ts'
import { parseDigest } from '../storage/digest.ts'
import { BundleFault } from './bundle-fault.ts'
import { digestSetOf, newBundleId, readBundleId } from './bundle-id.ts'
import { readRequest, requestText } from './bundle-request.ts'
import { otherKey, testKey } from './bundle-suite.ts'
import { signDetached } from './minisign.ts'
import { createReceipt, readReceipt, readSummary, summaryText, type Receipt } from './receipt.ts'

const digests = Array.from({ length: 2000 }, (_, at) => parseDigest(digestOf(`blob ${String(at)}`)))
const wide = parseDigest(digestOf('wide', 'sha512'))
const bundles = ['01JD0000000000000000000K30', '01JC0000000000000000000K30']
const receipt: Receipt = {
  ...{ instance: testKey.publicKey.keyId, name: 'site-42', createdAt: Date.UTC(2026, 1, 3) },
  ...{ digests: [wide, ...digests], bundles, freeBytes: 5e9, wanted: ['quay.io/org/app:v1'] },
  results: [{ bundle: bundles[0] ?? '', state: 'done' }],
}
const keys = [testKey.publicKey]

describe('a receipt', () => {
  it('says what a target has, in little more than the digests themselves', async () => {
    const file = await createReceipt(receipt, testKey)
    expect(file.length).toBeLessThan(digests.length * 40)
    const read = await readReceipt(file, keys)
    expect(read).toEqual({
      ...receipt,
      digests: [...digests, wide].sort((a, b) => (a < b ? -1 : 1)),
      ...{ digestSet: digestSetOf(receipt.digests), keyId: testKey.publicKey.keyId },
    })
  })

  it('is refused from another key and with any byte changed', async () => {
    const file = await createReceipt(receipt, testKey)
    await expect(readReceipt(file, [otherKey.publicKey])).rejects.toThrow(/MOOR-BND-006/)
    await fc.assert(
      fc.asyncProperty(fc.nat(file.length - 1), async (at) => {
        const changed = Buffer.from(file)
        changed[at] = (changed[at] ?? 0) ^ 0x10
        const outcome = await readReceipt(changed, keys).catch((error: unknown) => error)
        // The first line is for people and not signed.
        if (at > 200) expect(outcome).toBeInstanceOf(BundleFault)
      }),
      { numRuns: 50, seed: 5 },
    )
    for (const broken of [Buffer.alloc(0), Buffer.from('x\n\n\n\n\n'), file.subarray(0, 300)]) {
      await expect(readReceipt(broken, keys)).rejects.toBeInstanceOf(BundleFault)
    }
  })

  it('is refused when what is signed makes no sense', async () => {
    const sign = (payload: Buffer) =>
      Buffer.concat([Buffer.from(signDetached(payload, testKey, 'x')), payload])
    for (const text of [
      '',
      '{}\n',
      'null\n',
      `{"format":"mooring.receipt/v1"}\n${'a'.repeat(64)}\n`,
    ]) {
      await expect(readReceipt(sign(zstdCompressSync(text)), keys)).rejects.toThrow(/MOOR-BND-031/)
    }
    await expect(readReceipt(sign(Buffer.from('no zstd')), keys)).rejects.toThrow(/MOOR-BND-031/)
  })

  it('has a short form that survives being typed', () => {
    expect(readSummary(summaryText(receipt))).toEqual(bundles)
    expect(readSummary(' 01jd-0000 0000 0000 0000 oook 30, 01JC0000000000000000000K30\n')).toEqual(
      bundles,
    )
    for (const wrong of ['', 'x', bundles[0]?.slice(1) ?? '', `8${bundles[0]?.slice(1) ?? ''}`]) {
      expect(() => readSummary(wrong)).toThrow(/MOOR-BND-031/)
    }
  })
})

describe('an id', () => {
  it('sorts by time and has 26 characters', () => {
    const random = { text: (length: number) => 'Z'.repeat(length) }
    const ids = [0, 1, 31, 32, 1_795_344_265_000, 2 ** 47].map((now) => newBundleId(now, random))
    expect([...ids].sort()).toEqual(ids)
    for (const id of ids) expect(readBundleId(id.toLowerCase())).toBe(id)
  })
})

describe('a request', () => {
  it('names what is missing', () => {
    const request = {
      bundle: bundles[0] ?? '',
      instance: 'X',
      digests: [wide, ...digests.slice(0, 3)],
    }
    expect(readRequest(requestText(request))).toEqual({
      ...request,
      digests: [...request.digests].sort((a, b) => (a < b ? -1 : 1)),
    })
    for (const wrong of [
      '',
      '{',
      '[]',
      '{"format":"mooring.request/v2"}',
      requestText({ ...request, digests: [] }),
    ]) {
      expect(() => readRequest(wrong)).toThrow(/MOOR-BND-032/)
    }
  })
})
