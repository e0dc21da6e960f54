import { compare, transports, type Work } from '../context.ts'
import { namespace, type Peer } from '../peers.ts'
import { imageMediaType, pushSmallImage } from '../small-image.ts'
import { ratioAtLeast } from '../table.ts'
import { transportText } from '../wording.ts'
import { wrk } from '../wrk.ts'

const repository = `${namespace}/image`
const layers = 40
const connections = 8

/** Manifest, config and every layer of one image, over eight connections that never rest. */
export const images: readonly Work[] = transports.map((transport) => ({
  key: `image-${transport}`,
  async run(context) {
    const { peers, folder, signal } = context
    const targets = await Promise.all(
      [peers.mooring, peers.distribution].map(async (peer) => ({
        origin: peer.origins.http,
        repository,
        authorization: await peer.authorization(repository),
        signal,
      })),
    )
    const image = await pushSmallImage(targets, folder, 'layers', layers)
    const paths = [
      `/v2/${repository}/manifests/${image.tag}`,
      ...image.blobDigests.map((digest) => `/v2/${repository}/blobs/${digest}`),
    ]
    const sample = async (peer: Peer) => {
      const headers = {
        Authorization: await peer.authorization(repository),
        Accept: imageMediaType,
      }
      const origin = peer.origins[transport]
      const seconds = context.loadSeconds
      const report = await wrk({ origin, paths, connections, seconds, headers, folder, signal })
      return report.requests / paths.length / report.seconds
    }
    const { mooring, distribution } = await compare(context, this.key, sample)
    return [
      {
        work: `pull of an image of ${layers} layers, ${connections} at once, ${transportText(transport)}`,
        unit: 'pulls/s',
        mooring,
        other: distribution,
        goal: ratioAtLeast(2),
      },
    ]
  },
}))
