import { createHash, type Hash } from 'node:crypto'
import { link, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../platform/clock.ts'
import type { Random } from '../platform/random.ts'

const mebibyte = 1024 * 1024
export const trialBytes = 64 * mebibyte
const syncs = 24

export interface WriteSpeed {
  readonly bytesPerSecond: number
  readonly syncMs: number
}

/** What a registry does to a folder, done once and taken away again. */
export function directoryTrial({
  folder,
  clock,
  random,
  signal,
}: {
  readonly folder: string
  readonly clock: Clock
  readonly random: Random
  readonly signal: AbortSignal
}) {
  const trial = path.join(folder, `.mooring-trial-${random.bytes(6).toString('hex')}`)
  const at = (name: string) => path.join(trial, name)
  const piece = random.bytes(mebibyte)

  return {
    begin: () => mkdir(trial, { mode: 0o700 }),
    end: () => rm(trial, { recursive: true, force: true }),

    /** 64 MiB and a sync, then small files with a sync each, as manifests come. */
    async write(): Promise<WriteSpeed> {
      const begun = clock.now()
      const file = await open(at('content'), 'wx', 0o600)
      try {
        for (let written = 0; written < trialBytes; written += piece.length) {
          signal.throwIfAborted()
          await file.writeFile(piece)
        }
        await file.sync()
      } finally {
        await file.close()
      }
      const elapsedMs = Math.max(1, clock.now() - begun)
      return { bytesPerSecond: (trialBytes * 1000) / elapsedMs, syncMs: await this.sync() }
    },

    /** Milliseconds of one small write with its sync, in the middle of many. */
    async sync(): Promise<number> {
      const times: number[] = []
      const file = await open(at('small'), 'w', 0o600)
      try {
        for (let turn = 0; turn < syncs; turn++) {
          signal.throwIfAborted()
          const begun = clock.now()
          await file.writeFile(piece.subarray(0, 4096))
          await file.sync()
          times.push(clock.now() - begun)
        }
      } finally {
        await file.close()
      }
      return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0
    },

    /** @throws Error when it is not what was written. */
    async readBack(): Promise<void> {
      const expected = createHash('sha256')
      for (let size = 0; size < trialBytes; size += piece.length) {
        expected.update(piece)
        await setImmediate()
      }
      const found = await digestOf(at('content'), createHash('sha256'), signal)
      if (found !== expected.digest('hex')) throw new Error('the content has changed')
    },

    async rename(): Promise<void> {
      await rename(at('content'), at('renamed'))
      await stat(at('renamed'))
    },

    async link(): Promise<void> {
      await link(at('renamed'), at('linked'))
      if ((await stat(at('linked'))).nlink < 2) throw new Error('a link is a copy there')
    },

    async isCaseSensitive(): Promise<boolean> {
      await (await open(at('Case'), 'wx', 0o600)).close()
      return stat(at('case')).then(
        () => false,
        () => true,
      )
    },

    async remove(): Promise<void> {
      for (const name of ['renamed', 'linked', 'small', 'Case']) await rm(at(name), { force: true })
      const left = await readFile(at('renamed')).then(
        () => true,
        () => false,
      )
      if (left) throw new Error('a file that was removed is still there')
    },
  }
}

async function digestOf(file: string, hash: Hash, signal: AbortSignal): Promise<string> {
  const handle = await open(file, 'r')
  try {
    for await (const piece of handle.createReadStream({ highWaterMark: mebibyte, signal })) {
      hash.update(piece as Buffer)
    }
    return hash.digest('hex')
  } finally {
    await handle.close().catch(() => undefined)
  }
}
