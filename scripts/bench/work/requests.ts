import { compare, transports, type BenchContext, type Transport, type Work } from '../context.ts'
import { headLoad } from '../head-load.ts'
import { namespace, type Peer } from '../peers.ts'
import { imageMediaType, pushSmallImage, type SmallImage } from '../small-image.ts'
import { ratioAtLeast } from '../table.ts'
import { transportText } from '../wording.ts'
import { wrk } from '../wrk.ts'

const repository = `${namespace}/requests`
const connections = 32

type Rate = (peer: Peer, transport: Transport, image: SmallImage) => Promise<number>

/**
 * What clients do most: read a tag, ask for a digest. Both servers get the same bearer token;
 * Mooring verifies it, Distribution has no token check and passes over it.
 */
export const requests: readonly Work[] = transports.flatMap((transport) => [
  work(
    `request-get-${transport}`,
    transport,
    'GET manifest by tag',
    (context) => async (peer, via, image) => {
      const { requests, seconds } = await wrk({
        origin: peer.origins[via],
        paths: [`/v2/${repository}/manifests/${image.tag}`],
        connections,
        seconds: context.loadSeconds,
        headers: await headersFor(peer),
        folder: context.folder,
        signal: context.signal,
      })
      return requests / seconds
    },
  ),
  work(
    `request-head-${transport}`,
    transport,
    'HEAD manifest by digest',
    (context) => async (peer, via, image) =>
      headLoad({
        url: `${peer.origins[via]}/v2/${repository}/manifests/${image.digest}`,
        connections,
        seconds: context.loadSeconds,
        headers: await headersFor(peer),
        signal: context.signal,
      }),
  ),
])

function work(
  key: string,
  transport: Transport,
  title: string,
  rateIn: (context: BenchContext) => Rate,
): Work {
  return {
    key,
    async run(context) {
      const rate = rateIn(context)
      const image = await pushToBoth(context)
      const sample = (peer: Peer) => rate(peer, transport, image)
      const { mooring, distribution } = await compare(context, key, sample)
      return [
        {
          work: `${title}, ${connections} connections, ${transportText(transport)}`,
          unit: 'req/s',
          mooring,
          other: distribution,
          goal: ratioAtLeast(4),
        },
      ]
    },
  }
}

async function pushToBoth({ peers, folder, signal }: BenchContext): Promise<SmallImage> {
  const targets = await Promise.all(
    [peers.mooring, peers.distribution].map(async (peer) => ({
      origin: peer.origins.http,
      repository,
      authorization: await peer.authorization(repository),
      signal,
    })),
  )
  return pushSmallImage(targets, folder, 'latest', 3)
}

async function headersFor(peer: Peer): Promise<Record<string, string>> {
  return { Authorization: await peer.authorization(repository), Accept: imageMediaType }
}
