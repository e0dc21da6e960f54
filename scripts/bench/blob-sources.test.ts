import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createMemorySources } from './blob-sources.ts'

const sizeBytes = 3_000_000
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bench-sources-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true })
})

test.each(['fresh', 'freshSparse'] as const)('%s files hash to the digest given', async (kind) => {
  const sources = createMemorySources(folder, sizeBytes)
  const seen = new Set<string>()
  for (const blob of [...(await sources[kind](2)), ...(await sources[kind](2)).toReversed()]) {
    seen.add(blob.digest)
  }
  expect(seen.size).toBe(4)
  for (const blob of await sources[kind](2)) {
    const content = readFileSync(blob.file)
    expect(content.length).toBe(sizeBytes)
    expect(blob.digest).toBe(`sha256:${createHash('sha256').update(content).digest('hex')}`)
  }
})

test('sparse files take up next to no room', async () => {
  const [blob] = await createMemorySources(folder, sizeBytes).freshSparse(1)
  expect(statSync(blob?.file ?? '').blocks * 512).toBeLessThan(sizeBytes / 10)
})
