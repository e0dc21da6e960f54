// The fastest that plain Node can be at sending a file: what a pull is measured against.
// node bare-node.ts FILE PORT
import { open } from 'node:fs/promises'
import { once } from 'node:events'
import { createServer } from 'node:http'

const [file = '', port = '0'] = process.argv.slice(2)
const stepBytes = 1 << 20

const server = createServer((req, res) => {
  send(res).catch(() => res.destroy())
  req.resume()

  async function send(target: typeof res): Promise<void> {
    await using handle = await open(file)
    const { size } = await handle.stat()
    target.writeHead(200, { 'content-length': size, 'content-type': 'application/octet-stream' })
    // Two buffers in turn: one is read into while the socket still holds the other.
    const buffers = [Buffer.allocUnsafeSlow(stepBytes), Buffer.allocUnsafeSlow(stepBytes)]
    let drained: Promise<unknown> | undefined
    for (let at = 0, turn = 0; at < size; turn++) {
      const buffer = buffers[turn % 2] ?? Buffer.alloc(stepBytes)
      const { bytesRead } = await handle.read(buffer, 0, stepBytes, at)
      await drained
      drained = new Promise((resolve, reject) => {
        target.write(buffer.subarray(0, bytesRead), (error) =>
          error ? reject(error) : resolve(error),
        )
      })
      at += bytesRead
    }
    await drained
    target.end()
  }
})

server.listen(Number(port), '127.0.0.1')
await once(server, 'listening')
process.on('SIGTERM', () => {
  server.close()
  server.closeAllConnections()
})
