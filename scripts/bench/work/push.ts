import { compare, transports, type Contestants, type Work } from '../context.ts'
import { pushBlob } from '../curl.ts'
import { namespace, type Peer } from '../peers.ts'
import { ratioAtLeast } from '../table.ts'
import { sizeText, transportText } from '../wording.ts'

/** Blobs that nobody has yet, one and four at a time. */
export const pushes: readonly Work[] = transports.flatMap((transport) =>
  [1, 4].map((atOnce): Work => ({
    key: `push-${atOnce}-${transport}`,
    async run(context) {
      const { signal } = context
      const sources = atOnce === 1 ? context.sources : context.smallSources
      const blobBytes = atOnce === 1 ? context.blobBytes : context.smallBytes
      const repository = `${namespace}/push`
      const sample = async (peer: Peer) => {
        const authorization = await peer.authorization(repository)
        const target = { origin: peer.origins[transport], repository, authorization, signal }
        const blobs = await sources.fresh(atOnce)
        const seconds = await Promise.all(blobs.map((blob) => pushBlob(target, blob)))
        await peer.dropBlobs(blobBytes)
        return (atOnce * blobBytes) / 1e9 / Math.max(...seconds)
      }
      const result: Contestants<number> = await compare(context, this.key, sample)
      return [
        {
          work: `push ${sizeText(blobBytes)} blob, ${atOnce} at once, ${transportText(transport)}`,
          unit: 'GB/s',
          mooring: result.mooring,
          other: result.distribution,
          goal: ratioAtLeast(2),
        },
      ]
    },
  })),
)
