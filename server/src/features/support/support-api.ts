import { getSupportBundle, getSupportPreview } from '../../contract/support.ts'
import { Problem } from '../../problem.ts'
import { reply, route, type ApiRoute } from '../api/api-call.ts'
import { wireDate } from '../api/wire-date.ts'
import type { SupportSelection, SupportService } from './support-service.ts'

export function supportApi({ support }: { support: SupportService }): readonly ApiRoute[] {
  return [
    route(getSupportPreview, async ({ query }) => {
      const { from, to, masked, files } = await support.preview(selectionOf(query))
      return {
        from: wireDate(from),
        to: wireDate(to),
        masked,
        files: files.map(({ name, sizeBytes }) => ({ name, size_bytes: sizeBytes })),
      }
    }),

    route(getSupportBundle, async ({ query }) => {
      const { name, stream } = await support.bundle(selectionOf(query))
      return reply(200, stream, {
        'Content-Type': 'application/gzip',
        'Content-Disposition': `attachment; filename="${name}"`,
      })
    }),
  ]
}

const usualHours = 24
const mostHours = 720

function selectionOf({
  hours = usualHours,
  names = false,
}: {
  readonly hours?: number | undefined
  readonly names?: boolean | undefined
}): SupportSelection {
  if (hours < 1 || hours > mostHours) {
    throw new Problem('request-invalid', { message: 'hours must be between 1 and 720' })
  }
  return { hours, showNames: names }
}
