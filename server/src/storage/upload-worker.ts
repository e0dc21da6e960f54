import { parentPort, workerData } from 'node:worker_threads'
import { uploadFiles } from './upload-files.ts'
import type { UploadCall, UploadReply, UploadRequest, UploadWorkerData } from './upload-protocol.ts'

const { root, memory, keepOpen } = workerData as UploadWorkerData
const files = uploadFiles(root, memory, keepOpen)
const port = parentPort
if (!port) throw new Error('an upload worker runs as a worker thread')

function perform(request: UploadRequest): number | Promise<number> {
  switch (request.op) {
    case 'create':
      files.create(request.upload)
      return 0
    case 'size':
      return files.size(request.upload)
    case 'write':
      files.write(request.upload, request.offset, request.from, request.length)
      return request.length
    case 'truncate':
      files.truncate(request.upload, request.size)
      return request.size
    case 'commit':
      return files.commit(request.upload, request.algorithm, request.digest)
    case 'take':
      return files.take(request.upload, request.algorithm, request.digest)
    case 'remove':
      files.remove(request.upload)
      return 0
    case 'close':
      files.close()
      port?.close()
      return 0
  }
}

function fault(call: number, error: unknown): UploadReply {
  const { code = 'unknown', message } = error as NodeJS.ErrnoException
  return { call, value: 0, fault: { code, message } }
}

port.on('message', ({ call, request }: UploadCall) => {
  try {
    const result = perform(request)
    if (result instanceof Promise) {
      result.then(
        (value) => {
          port.postMessage({ call, value } satisfies UploadReply)
        },
        (error: unknown) => {
          port.postMessage(fault(call, error))
        },
      )
    } else port.postMessage({ call, value: result } satisfies UploadReply)
  } catch (error) {
    port.postMessage(fault(call, error))
  }
})
