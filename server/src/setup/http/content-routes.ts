import { EstimateContent, type FirstContentView } from '../../contract/setup-content.ts'
import type { SeenMirror } from '../../features/mirrors/mirror-view-service.ts'
import { createOutgoingService } from '../../features/outgoing/outgoing-service.ts'
import { nearestStatfs } from '../../probes/space-probe.ts'
import type { RunningServer } from '../../start.ts'
import { createUpstreamClient } from '../../upstream/upstream.ts'
import { hostsInside } from '../apply/content-settings.ts'
import { estimateContent } from '../content-estimate.ts'
import { chosenUpstreams } from '../first-content.ts'
import { FieldFault } from '../setup-faults.ts'
import type { SetupService, SetupTools } from '../setup-service.ts'
import type { RevealedValues } from '../step.ts'
import { beginStream, readBody, sendJson } from './setup-request.ts'
import type { Work } from './setup-work.ts'

const stepBody = 2 * 1024 * 1024
const shownMirrors = 50
/** Somebody is looking at the page. */
const patience = { longestWaitMs: 5_000, firstPauseMs: 200 }

/** How much the first content is before it is fetched, and how far it is afterwards. */
export function contentRoutes({
  service,
  running,
  stopping,
  ...tools
}: Pick<SetupTools, 'clock' | 'random' | 'log'> & {
  service: SetupService
  running: () => Pick<RunningServer, 'content'> | undefined
  stopping: AbortSignal
}): Readonly<Record<string, Work>> {
  /** Calls what the registry would call, too. */
  async function openClient(
    mirrors: RevealedValues['mirrors'],
    network: RevealedValues['network'],
  ) {
    const allowedHosts = await hostsInside({ mirrors, network })
    const { check } = createOutgoingService({ config: { allowedHosts, blockedHosts: [] } })
    const bandwidth = { all: { windows: [] }, hosts: new Map() }
    return createUpstreamClient({ check, bandwidth, ...tools, ...patience })
  }

  return {
    'POST /content/estimate': async (req, res) => {
      const { values } = await readBody(req, EstimateContent, stepBody)
      const parsed = await service.values.parse('mirrors', values)
      if ('errors' in parsed) throw new FieldFault(parsed.errors)
      const gone = new AbortController()
      res.once('close', () => {
        gone.abort()
      })
      const signal = AbortSignal.any([gone.signal, stopping])
      const [network, storage] = [
        await service.values.valuesOf('network'),
        await service.values.valuesOf('storage'),
      ]
      const client = await openClient(parsed.revealed, network)
      try {
        beginStream(res, 'application/x-ndjson')
        const lines = estimateContent({
          upstreams: chosenUpstreams(parsed.revealed),
          outbound: network.outbound,
          client,
          freeBytes: () => freeBytesOf(storage.where),
          signal,
        })
        for await (const line of lines) res.write(`${JSON.stringify(line)}\n`)
        res.end()
      } finally {
        client.close()
      }
    },

    'GET /content': async (_req, res) => {
      const views = running()?.content.mirrorViews
      const page = await views?.list({ limit: shownMirrors })
      const mirrors = page?.rows.map(presentSeen) ?? []
      const view: FirstContentView = { mirrors, count: page?.about.total ?? 0 }
      sendJson(res, 200, view)
    },
  }
}

function presentSeen({ mirror, state, lastRun, progress }: SeenMirror) {
  const isEnded = progress === undefined || progress.state !== 'running'
  const copied = (lastRun?.tags_new ?? 0) + (lastRun?.tags_updated ?? 0)
  const { done = lastRun?.bytes ?? 0, total = lastRun?.bytes ?? 0 } = isEnded ? {} : progress
  const { itemsDone: tagsDone = copied + (lastRun?.tags_unchanged ?? 0) } = isEnded ? {} : progress
  const { itemsTotal: tagsTotal = lastRun?.tags_matched ?? 0 } = isEnded ? {} : progress
  const code = lastRun?.code ?? null
  return {
    ...{ repository: mirror.full_name, state, done, total, tagsDone, tagsTotal },
    failure: code === null ? null : { code, text: lastRun?.message ?? '' },
  }
}

async function freeBytesOf(where: RevealedValues['storage']['where']): Promise<number | null> {
  if (where.kind !== 'disk') return null
  const { bavail, bsize } = await nearestStatfs(where.path)
  return bavail * bsize
}
