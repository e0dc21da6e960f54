import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { MemorySources, SourceBlob } from '../blob-sources.ts'
import { startChild, until } from '../child.ts'
import { alternate, compare, type BenchContext, type Transport, type Work } from '../context.ts'
import { pullBlob, pushBlob, type Target } from '../curl.ts'
import { freePort, namespace, type Peer } from '../peers.ts'
import { ratioAtLeast, type Finding } from '../table.ts'
import { sizeText, transportText } from '../wording.ts'

const repository = `${namespace}/pull`
const bareProgram = fileURLToPath(new URL('../bare-node.ts', import.meta.url))

/** The same blob again and again, out of the page cache. */
export const pulls: readonly Work[] = [
  { key: 'pull-1-tls', run: (context) => pullWork(context, 1, 'tls', 1.4) },
  { key: 'pull-4-tls', run: (context) => pullWork(context, 4, 'tls', 1.4) },
  {
    key: 'pull-1-http',
    async run(context) {
      const against = await pullWork(context, 1, 'http', 0.8)
      return [...against, await againstBareNode(context)]
    },
  },
]

async function pullWork(
  context: BenchContext,
  atOnce: number,
  transport: Transport,
  goal: number,
): Promise<Finding[]> {
  const sources = atOnce === 1 ? context.sources : context.smallSources
  return withBlob(context, sources, async (blob, targetOf) => {
    const sample = async (peer: Peer) => {
      const target = await targetOf(peer, transport)
      const seconds = await Promise.all(
        Array.from({ length: atOnce }, () => pullBlob(target, blob)),
      )
      return (atOnce * blob.sizeBytes) / 1e9 / Math.max(...seconds)
    }
    const label = `pull-${atOnce}-${transport}`
    const { mooring, distribution } = await compare(context, label, sample)
    return [
      {
        work: `pull ${sizeText(blob.sizeBytes)} blob, ${atOnce} at once, ${transportText(transport)}`,
        unit: 'GB/s',
        mooring,
        other: distribution,
        goal: ratioAtLeast(goal),
      },
    ]
  })
}

/** How close Mooring comes to a Node program that does nothing but send this file. */
async function againstBareNode(context: BenchContext): Promise<Finding> {
  return withBlob(context, context.sources, async (blob, targetOf) => {
    const port = await freePort()
    const logFile = join(context.folder, 'bare-node.log')
    const child = startChild(process.execPath, [bareProgram, blob.file, String(port)], { logFile })
    try {
      const mooring = await targetOf(context.peers.mooring, 'http')
      const bare: Target = { ...mooring, origin: `http://127.0.0.1:${port}` }
      await until(child, 10_000, () => pullBlob(bare, blob).catch(() => undefined))
      const { first, second } = await alternate(
        context,
        'pull-1-http against bare Node',
        async () => blob.sizeBytes / 1e9 / (await pullBlob(mooring, blob)),
        async () => blob.sizeBytes / 1e9 / (await pullBlob(bare, blob)),
      )
      return {
        work: `pull ${sizeText(blob.sizeBytes)} blob, 1 at once, HTTP; right: bare Node`,
        unit: 'GB/s',
        mooring: first,
        other: second,
        goal: ratioAtLeast(0.9),
      }
    } finally {
      await child.stop()
    }
  })
}

type TargetOf = (peer: Peer, transport: Transport) => Promise<Target>

/** Puts one blob on both servers and has each send it once, so that it is in memory. */
async function withBlob<T>(
  { signal, peers }: BenchContext,
  sources: MemorySources,
  work: (blob: SourceBlob, targetOf: TargetOf) => Promise<T>,
): Promise<T> {
  const targetOf: TargetOf = async (peer, transport) => ({
    origin: peer.origins[transport],
    repository,
    authorization: await peer.authorization(repository),
    signal,
  })
  const [blob] = await sources.fresh(1)
  if (blob === undefined) throw new Error('no blob to pull')
  for (const peer of [peers.mooring, peers.distribution]) {
    const target = await targetOf(peer, 'http')
    await pushBlob(target, blob)
    await pullBlob(target, blob)
  }
  try {
    return await work(blob, targetOf)
  } finally {
    await Promise.all(
      [peers.mooring, peers.distribution].map((peer) => peer.dropBlobs(blob.sizeBytes)),
    )
  }
}
