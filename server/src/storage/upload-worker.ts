import { parentPort, workerData } from 'node:worker_threads'
import { uploadFiles } from './upload-files.ts'
import type { UploadCall, UploadReply, UploadRequest, UploadWorkerData } from './upload-protocol.ts'

const { root, memory, keepOpen } = workerData as UploadWorkerData
const files = uploadFiles(root, memory, keepOpen)
const port = parentPort
if (!port) throw new Error('an upload worker runs as a worker thread')

function perform(request: UploadRequest): number | void | Promise<number> {
  switch (request.op) {
    case 'create':
      return files.create(request.upload)
    case 'size':
      return files.size(request.upload)
    case 'write':
      return files.write(request.upload, request.offset, request.from, request.length)
    case 'truncate':
      return files.truncate(request.upload, request.size)
    case 'commit':
      return files.commit(request.upload, request.algorithm, request.digest)
    case 'remove':
      return files.remove(request.upload)
    case 'close':
      files.close()
      port?.close()
      return
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
    } else port.postMessage({ call, value: result ?? 0 } satisfies UploadReply)
  } catch (error) {
    port.postMessage(fault(call, error))
  }
})
