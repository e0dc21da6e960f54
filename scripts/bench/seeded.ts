import { createHash } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BenchContext } from './context.ts'
import { pushBlob } from './curl.ts'
import { namespace } from './peers.ts'
import { seededTag, seedTags } from './seed.ts'
import { digestOf } from './small-image.ts'

export const seededRepository = `${namespace}/seeded`

/** An even but unordered choice of the tags, the same in every run. */
export function someTags(tags: number, count: number): string[] {
  return Array.from({ length: count }, (_, at) =>
    seededTag(createHash('sha1').update(String(at)).digest().readUInt32BE() % tags),
  )
}

export interface Seeded extends AsyncDisposable {
  readonly directory: string
  /** Stays valid over restarts: the key it is signed with is part of the data. */
  readonly authorization: string
}

/** A data directory with many tags, whose server is not running. */
export async function createSeeded(context: BenchContext, tags: number): Promise<Seeded> {
  const directory = join(context.folder, `seeded-${tags}`)
  await mkdir(directory, { mode: 0o700 })
  const dispose = () => rm(directory, { recursive: true, force: true })
  try {
    const peer = await context.startMooring({ directory })
    let authorization: string
    const config = Buffer.from('{}')
    try {
      authorization = await peer.authorization(seededRepository)
      const file = join(directory, 'config-blob')
      await writeFile(file, config)
      const target = {
        origin: peer.origins.http,
        repository: seededRepository,
        authorization,
        signal: context.signal,
      }
      await pushBlob(target, { file, digest: digestOf(config), sizeBytes: config.length })
    } finally {
      await peer.stop()
    }
    seedTags({ directory, repository: seededRepository, tags, config })
    return { directory, authorization, [Symbol.asyncDispose]: dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}
