import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describeCertificate, type KeyedCertificate } from '@mooring/certs'
import { lockFile, type DataDirectoryLock } from '../../db/data-directory-lock.ts'
import type { Clock } from '../../platform/clock.ts'
import { writeFileDurably } from '../../platform/files.ts'
import type { Random } from '../../platform/random.ts'
import { CertificateFault } from './certificate-codes.ts'
import {
  certificateMode,
  certificatePaths,
  keyMode,
  makeFolder,
  readOptional,
  readPair,
  removeDurably,
  versionOf,
  writeFolderDurably,
  writeWhenDifferent,
  writing,
} from './certificate-files.ts'
import {
  emptyState,
  parseAbout,
  parseState,
  type CertificateEntry,
  type CertificateSource,
  type CertificateState,
} from './certificate-state.ts'

export type CertificateStore = ReturnType<typeof createCertificateStore>

/** What a change may do; it holds the lock of the folder. */
export interface CertificateChange {
  readonly state: CertificateState
  /** Keeps a pair as an entry of the history; nothing is served from it yet. */
  add(pair: KeyedCertificate, about: { source: CertificateSource; by: string }): Promise<string>
  /** From here on this is how things are, whatever happens to this process. */
  commit(next: Partial<Omit<CertificateState, 'publishing'>>): Promise<void>
}

const keptEntries = 20
const lockPatienceMs = 10_000
const lockRetryMs = 50

/** The certificates on disk (certificate-files.ts). Every change is one rename of `state.json`. */
export function createCertificateStore({
  configDir,
  clock,
  random,
}: {
  configDir: string
  clock: Clock
  random: Random
}) {
  const paths = certificatePaths(configDir)
  let last: Promise<unknown> = Promise.resolve()
  let noteSwapped: (swapped: Pick<CertificateEntry, 'id' | 'pair'>) => Promise<void> = () =>
    Promise.resolve()

  return {
    configDir,
    paths,
    readState,
    readEntry,
    listEntries,

    /** Runs one change at a time, of all processes, on a folder that is in order. */
    change<T>(work: (change: CertificateChange) => Promise<T>, atStart = false): Promise<T> {
      const result = last.then(() => writing(configDir, () => locked(work, atStart)))
      last = result.catch(() => undefined)
      return result
    },

    /**
     * Finishes what a power cut left, and takes on what somebody put in the place of ours. Half a
     * pair may be the work of somebody who is still copying, so it is replaced at a start only.
     */
    async repair({ atStart }: { atStart: boolean }): Promise<void> {
      await this.change(() => Promise.resolve(), atStart)
    },

    /** Who is told when somebody put other files in the place of ours, before that counts. */
    onSwapped(listener: typeof noteSwapped): void {
      noteSwapped = listener
    },

    /** What is served. Entries never change, so this is a pair however often others swap it. */
    async current(): Promise<KeyedCertificate | undefined> {
      const published = await readPair(paths.certificate, paths.key)
      const { current, publishing } = await readState()
      if (published !== undefined && !publishing) return published
      const entry = current === null ? undefined : await readEntry(current)
      return entry?.pair ?? published
    },

    /** Whether ssl.cert and ssl.key are a pair; without them nothing has to be served. */
    isPublished: async (): Promise<boolean> =>
      (await readPair(paths.certificate, paths.key)) !== undefined,

    /** Changes whenever something may have to be loaded again. */
    version: () =>
      versionOf([paths.state, paths.certificate, paths.key, paths.authority, paths.authorityKey]),
  }

  async function readState(): Promise<CertificateState> {
    const text = await readOptional(paths.state)
    return (text === undefined ? undefined : parseState(text)) ?? emptyState
  }

  async function writeState(state: CertificateState): Promise<void> {
    await writeFileDurably(paths.state, `${JSON.stringify(state)}\n`, keyMode)
  }

  async function readEntry(id: string): Promise<CertificateEntry | undefined> {
    const folder = paths.entry(id)
    const [about, pair] = await Promise.all([
      readOptional(path.join(folder, 'about.json')).then((text) => parseAbout(text ?? '')),
      readPair(path.join(folder, 'ssl.cert'), path.join(folder, 'ssl.key')),
    ])
    return about === undefined || pair === undefined ? undefined : { id, ...about, pair }
  }

  /** The newest first. */
  async function listEntries(): Promise<readonly CertificateEntry[]> {
    const names = await readdir(paths.folder).catch(() => [])
    const entries = await Promise.all(names.filter(isEntryId).map(readEntry))
    return entries
      .filter((entry) => entry !== undefined)
      .toSorted((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1))
  }

  async function locked<T>(
    work: (change: CertificateChange) => Promise<T>,
    atStart: boolean,
  ): Promise<T> {
    await makeFolder(paths.folder)
    const lock = await takeLock()
    try {
      let state = await putInOrder(await readState(), atStart)
      return await work({
        get state() {
          return state
        },
        add,
        async commit(next) {
          state = { ...state, ...next, publishing: true }
          await writeState(state)
          state = await publish(state)
          await prune(state)
        },
      })
    } finally {
      lock.release()
    }
  }

  async function takeLock(): Promise<DataDirectoryLock> {
    for (let waitedMs = 0; waitedMs < lockPatienceMs; waitedMs += lockRetryMs) {
      const lock = lockFile(paths.lock)
      if (lock !== undefined) return lock
      await delay(lockRetryMs)
    }
    throw new CertificateFault('busy')
  }

  async function add(
    pair: KeyedCertificate,
    about: { source: CertificateSource; by: string },
  ): Promise<string> {
    const now = clock.now()
    const id = `${new Date(now).toISOString().replace(/[-:]|\.\d+Z/g, '')}-${random.bytes(4).toString('hex')}`
    await writeFolderDurably(paths.entry(id), {
      'ssl.key': pair.keyPem,
      'ssl.cert': pair.certificatePem,
      'about.json': `${JSON.stringify({ createdAt: now, ...about })}\n`,
    })
    return id
  }

  /** May be broken off anywhere, and is then done again from its beginning. */
  async function publish(state: CertificateState): Promise<CertificateState> {
    const entry = state.current === null ? undefined : await readEntry(state.current)
    if (state.rollover?.phase === 'switched') {
      const key = await readOptional(paths.newAuthorityKey)
      const certificate = await readOptional(paths.newAuthority)
      if (key !== undefined && certificate !== undefined) {
        await writeFileDurably(paths.authorityKey, key, keyMode)
        await writeFileDurably(paths.authority, certificate, certificateMode)
      }
    }
    if (entry !== undefined) {
      await writeWhenDifferent(paths.key, entry.pair.keyPem, keyMode)
      await writeWhenDifferent(paths.certificate, entry.pair.certificatePem, certificateMode)
    }
    const done = { ...state, publishing: false }
    await writeState(done)
    await removeLeftovers(done)
    return done
  }

  /** What a finished change has no use for: its removal may be repeated at any time. */
  async function removeLeftovers({ rollover }: CertificateState): Promise<void> {
    if (rollover === null) await removeDurably(paths.rollover)
    else if (rollover.phase === 'switched') {
      await removeDurably(paths.newAuthorityKey)
      await removeDurably(paths.newAuthority)
    }
  }

  async function putInOrder(state: CertificateState, atStart: boolean): Promise<CertificateState> {
    if (state.publishing) return publish(state)
    if (atStart) {
      await removeLeftovers(state)
      await removeHalfFolders()
    }
    const current = state.current === null ? undefined : await readEntry(state.current)
    const published = await readPair(paths.certificate, paths.key)
    if (published === undefined) {
      if (!atStart || current === undefined || !(await isAnythingPublished())) return state
      await keepAside()
      return publish(state)
    }
    if (current !== undefined && isSame(current.pair, published)) return state
    const known = (await listEntries()).find(({ pair }) => isSame(pair, published))
    const id = known?.id ?? (await add(published, { source: 'adopted', by: 'found in place' }))
    const adopted = { ...state, current: id }
    if (state.current !== null) await noteSwapped({ id, pair: published })
    await writeState(adopted)
    await prune(adopted)
    return adopted
  }

  async function removeHalfFolders(): Promise<void> {
    for (const name of await readdir(paths.folder)) {
      const isHalf =
        name.endsWith('.part') || (isEntryId(name) && (await readEntry(name)) === undefined)
      if (isHalf) await removeDurably(paths.entry(name))
    }
  }

  async function isAnythingPublished(): Promise<boolean> {
    const files = await Promise.all([readOptional(paths.certificate), readOptional(paths.key)])
    return files.some((content) => content !== undefined)
  }

  /** What somebody put there and cannot be served is not ours to throw away. */
  async function keepAside(): Promise<void> {
    for (const file of [paths.certificate, paths.key]) {
      const content = await readOptional(file)
      if (content !== undefined) {
        await writeFileDurably(
          path.join(paths.folder, `unusable-${path.basename(file)}`),
          content,
          keyMode,
        )
      }
    }
  }

  async function prune({ current }: CertificateState): Promise<void> {
    const now = clock.now()
    const old = (await listEntries()).filter(
      ({ id, pair }, at) =>
        id !== current &&
        (at >= keptEntries || describeCertificate(pair.certificatePem).notAfter < now),
    )
    for (const { id } of old) await removeDurably(paths.entry(id))
  }
}

function isEntryId(name: string): boolean {
  return /^\d{8}T\d{6}-[0-9a-f]{8}$/.test(name)
}

function isSame(one: KeyedCertificate, other: KeyedCertificate): boolean {
  return one.certificatePem === other.certificatePem && one.keyPem === other.keyPem
}
