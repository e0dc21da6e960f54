import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTemporaryFolder, type TemporaryFolder } from '../../../test/support/temporary.ts'
import { createSample, testKey } from './bundle-suite.ts'
import { whileInserted } from './medium.ts'
import { openBundle } from './open-bundle.ts'
import { writeBundle } from './write-bundle.ts'

describe('a medium that is taken out', () => {
  let folder: TemporaryFolder
  beforeAll(() => {
    folder = createTemporaryFolder('medium')
  })
  afterAll(async () => folder.remove())

  it('is told by its own fault while it is written', async () => {
    const place = folder.join('stick')
    await mkdir(place)
    const { shelf, plan } = createSample()
    const writing = writeBundle({
      ...{ plan, to: place, signer: testKey },
      source: {
        ...shelf.source,
        async openBlob(digest, from) {
          if (existsSync(`${place}/blobs`)) await rm(place, { recursive: true })
          return shelf.source.openBlob(digest, from)
        },
      },
    })
    await expect(whileInserted(place, () => writing)).rejects.toMatchObject({
      ...{ kind: 'medium-lost', place: { file: place } },
    })
  })

  it('is not to blame for what fails elsewhere', async () => {
    const elsewhere = folder.join('stick-of-another/file')
    const failure = whileInserted(folder.join('stick'), () => writeFile(elsewhere, 'x'))
    await expect(failure).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('lacks a file while its tar is read', async () => {
    const place = folder.join('tar')
    const { shelf, plan } = createSample()
    const options = { plan, to: place, signer: testKey, format: 'tar' } as const
    const { volumes } = await writeBundle({ ...options, source: shelf.source })
    await using bundle = await openBundle([place])
    await rm(place, { recursive: true })
    const blob = bundle.blobs.find(({ kind }) => kind === 'blob')
    if (blob === undefined) throw new Error('the bundle has no blob')
    await expect(bundle.openBlob(blob.digest, 0)).rejects.toMatchObject({
      ...{ kind: 'file-missing', place: { file: volumes[0]?.path } },
    })
  })
})
