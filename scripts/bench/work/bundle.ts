import { execFile } from 'node:child_process'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { alternate, type BenchContext, type Work } from '../context.ts'
import { stockForMirror } from '../mirror-content.ts'
import { namespace, password, type Peer } from '../peers.ts'
import { signIn, type Session } from '../scale/session.ts'
import { ratioAtLeast } from '../table.ts'
import { sizeText } from '../wording.ts'

const run = promisify(execFile)
const megabyte = 2 ** 20
/** Often enough to be exact, seldom enough to cost nothing. */
const lookEveryMs = 25
const goal = ratioAtLeast(0.8)
const area = '/api/v1/mooring'

/**
 * Bundles of the same images beside `sha256sum` and `cp` of the same bytes: what it takes at least to
 * know that they are right and to have them somewhere else.
 */
export const bundles: Work = {
  key: 'bundle',
  async run(context) {
    const place = join(context.folder, 'bundles')
    await mkdir(place)
    const settings = { SUPER_USERS: [namespace], MOORING_BUNDLE_PATHS: [place] }
    const source = await context.startMooring({ settings })
    try {
      const { session, bytes } = await stocked(context, source)
      const key = await publicKeyOf(session)
      const create = async (name: string, to: string) => {
        const selection = { repositories: [{ name: `${namespace}/${name}` }] }
        return endOf(session, await begin(session, 'exports', { selection, to }))
      }
      // Beside what is measured: the first time of everything, and the bundles that come in.
      await create('warm', 'warm')
      await create('whole', 'whole')
      const copied = () => sumAndCopy(join(place, 'whole'), join(place, 'copy'), bytes, context)
      const created = await alternate(
        context,
        'bundle create and sha256sum + cp',
        async (at) => {
          const to = `out-${String(at)}`
          const seconds = await timed(() => create('whole', to))
          await rm(join(place, to), { recursive: true })
          return bytes / 1e6 / seconds
        },
        copied,
      )
      const imported = await alternate(
        context,
        'bundle import and sha256sum + cp',
        async () => {
          const target = await context.startMooring({ settings })
          try {
            return bytes / 1e6 / (await importInto(target, key))
          } finally {
            await target.stop()
          }
        },
        copied,
      )
      const what = `of ${sizeText(bytes)}, beside sha256sum + cp`
      return [
        finding(`create, verified again, ${what}`, created),
        finding(`import ${what}`, imported),
      ]
    } finally {
      await source.stop()
      await rm(place, { recursive: true, force: true })
    }
  },
}

const finding = (work: string, { first, second }: { first: number; second: number }) => ({
  ...{ work: `bundle: ${work}`, unit: 'MB/s', mooring: first, other: second, goal },
})

async function stocked(context: BenchContext, source: Peer) {
  const stock = async (name: string, shape: { tags: number; megabyte: number }) => {
    const repository = `${namespace}/${name}`
    const authorization = await source.authorization(repository)
    const target = {
      origin: source.origins.http,
      repository,
      authorization,
      signal: context.signal,
    }
    return stockForMirror(target, context.folder, shape)
  }
  await stock('warm', { tags: 2, megabyte: 4096 })
  const small = context.scale < 1
  const { bytes } = await stock('whole', { tags: 20, megabyte: small ? megabyte / 8 : megabyte })
  return { bytes, session: await signIn(source.origins.http, namespace, password) }
}

/** Seconds. That the server starts, and does for the first time what it is for, is left out. */
async function importInto(target: Peer, key: string): Promise<number> {
  const session = await signIn(target.origins.http, namespace, password)
  await session.send('POST', `${area}/trust-anchors`, { name: 'the source', public_key: key })
  const bring = async (path: string) =>
    endOf(session, await begin(session, 'imports', { source: { path } }))
  await bring('warm')
  return timed(() => bring('whole'))
}

async function publicKeyOf(session: Session): Promise<string> {
  const { own } = (await session.get(`${area}/trust-anchors`)) as { own: { public_key: string } }
  return own.public_key
}

async function begin(session: Session, what: 'exports' | 'imports', body: unknown) {
  const { id } = (await session.send('POST', `${area}/bundles/${what}`, body)) as { id: string }
  return id
}

async function endOf(session: Session, id: string): Promise<void> {
  for (;;) {
    const { progress, error } = (await session.get(`${area}/jobs/${id}`)) as {
      progress: { state: string }
      error: unknown
    }
    if (progress.state === 'done') return
    if (progress.state === 'failed') throw new Error(`a bundle failed: ${JSON.stringify(error)}`)
    await delay(lookEveryMs)
  }
}

/** Megabytes a second, of a person who checks the files of a bundle and copies them. */
async function sumAndCopy(
  from: string,
  to: string,
  bytes: number,
  { signal }: BenchContext,
): Promise<number> {
  const names = await readdir(join(from, 'blobs/sha256'))
  const files = names.map((name) => join(from, 'blobs/sha256', name))
  const seconds = await timed(async () => {
    await run('sha256sum', files, { signal, maxBuffer: 1 << 24 })
    await run('cp', ['-r', from, to], { signal })
  })
  await rm(to, { recursive: true })
  return bytes / 1e6 / seconds
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1000
}
