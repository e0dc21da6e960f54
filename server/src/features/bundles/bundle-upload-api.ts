import {
  discardBundleUpload,
  getBundleUpload,
  listBundleUploads,
  startBundleUpload,
  uploadBundleFile,
} from '../../contract/mooring-bundles.ts'
import { Problem } from '../../problem.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import { wireDate } from '../api/wire-date.ts'
import type {
  BundleUpload,
  BundleUploads,
  UploadRange,
  UploadedFile,
} from './bundle-upload-service.ts'

/** Bundles that browsers send. */
export function bundleUploadApi({ uploads }: { uploads: BundleUploads }): readonly ApiRoute[] {
  return [
    route(startBundleUpload, async () => present(await uploads.start())),

    route(listBundleUploads, async () => ({
      uploads: (await uploads.list()).map(({ id, createdAt, bytes }) => ({
        ...{ id, bytes, created: wireDate(createdAt) },
      })),
    })),

    route(getBundleUpload, async ({ params }) => present(await uploads.find(params.upload_id))),

    route(uploadBundleFile, async ({ params, header, content, signal }) => {
      const range = rangeOf(header('content-range'))
      return presentFile(
        await uploads.write(params.upload_id, params.name, range, content(), signal),
      )
    }),

    route(discardBundleUpload, async ({ params }) => {
      await uploads.discard(params.upload_id)
      return undefined
    }),
  ]
}

function rangeOf(header: string | undefined): UploadRange | undefined {
  if (header === undefined) return undefined
  const [, first, last, total] = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/.exec(header) ?? []
  const range = {
    start: Number(first),
    end: Number(last),
    totalBytes: total === '*' ? null : Number(total),
  }
  const isSound = range.end >= range.start && (range.totalBytes ?? Infinity) > range.end
  if (!isSound) {
    throw new Problem('request-invalid', {
      message: 'Content-Range must be bytes first-last/total',
    })
  }
  return range
}

const present = ({ id, createdAt, bytes, files }: BundleUpload) => ({
  ...{ id, bytes, created: wireDate(createdAt) },
  files: files.map(presentFile),
})

const presentFile = ({ name, bytes, totalBytes, isComplete }: UploadedFile) => ({
  ...{ name, bytes, total_bytes: totalBytes, is_complete: isComplete },
})
