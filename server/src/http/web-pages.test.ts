import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, IncomingMessage, request } from 'node:http'
import { Socket, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWebPages, isVisit } from './web-pages.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'mooring-pages-'))
const script = 'export const answer = 42\n'
const server = createServer()
let port = 0

beforeAll(async () => {
  mkdirSync(path.join(folder, 'static'))
  writeFileSync(path.join(folder, 'index.html'), '<!doctype html><title>Mooring</title>')
  writeFileSync(path.join(folder, '.sources'), 'secret of the build')
  writeFileSync(path.join(folder, 'static/index-1.js'), script)
  writeFileSync(path.join(folder, 'static/index-1.js.gz'), gzipSync(script))
  const pages = createWebPages(folder)
  server.on('request', (req, res) => {
    if (!pages.serve(req, res)) res.writeHead(404).end('somebody else')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})

afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true })
})

const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

/** The path goes out as it is, without a client's tidying. */
function ask(pathname: string, headers: Record<string, string> = {}, method = 'GET') {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }>(
    (resolve, reject) => {
      const req = request({ port, path: pathname, method, headers }, (res) => {
        const pieces: Buffer[] = []
        res.on('data', (piece: Buffer) => pieces.push(piece))
        res.on('end', () => {
          resolve({
            status: res.statusCode ?? 0,
            headers: res.headers,
            body: Buffer.concat(pieces),
          })
        })
      })
      req.on('error', reject).end()
    },
  )
}

describe('the pages', () => {
  it('are one page at every address that a browser goes to', async () => {
    for (const address of ['/', '/repository/a/b?tab=tags', '/site/app']) {
      const { status, body, headers } = await ask(address, html)
      expect([status, body.toString()]).toEqual([200, '<!doctype html><title>Mooring</title>'])
      expect(headers['content-security-policy']).toContain("default-src 'self'")
      expect(headers['cache-control']).toBe('no-cache')
    }
  })

  it('are not sent again to whoever has them', async () => {
    const { headers } = await ask('/', html)
    const again = await ask('/', { ...html, 'if-none-match': String(headers['etag']) })
    expect([again.status, again.body.length]).toEqual([304, 0])
  })

  it('load files for ever, compressed where the browser takes it', async () => {
    const plain = await ask('/static/index-1.js')
    expect(plain.body.toString()).toBe(script)
    expect(plain.headers['cache-control']).toBe('public, max-age=31536000, immutable')
    const packed = await ask('/static/index-1.js', { 'accept-encoding': 'br, gzip;q=0.5' })
    expect(packed.headers['content-encoding']).toBe('gzip')
    expect(gunzipSync(packed.body).toString()).toBe(script)
    const refused = await ask('/static/index-1.js', { 'accept-encoding': 'gzip;q=0' })
    expect(refused.headers['content-encoding']).toBeUndefined()
  })

  it.each([
    '/static/../index.html',
    '/static/..%2f.sources',
    '/static/%2e%2e/.sources',
    '/.sources/../static/index-2.js',
    '/static/index-1.js.gz',
    '/static/',
    '/static/constructor',
  ])('keep what is not theirs to give: %s', async (address) => {
    expect((await ask(address)).status).toBe(404)
  })

  it('leave programs and writes to others', async () => {
    expect((await ask('/', { accept: 'application/json' })).status).toBe(404)
    expect((await ask('/', {})).status).toBe(404)
    expect((await ask('/signin', html, 'POST')).status).toBe(404)
  })

  it('are left out where they were not built', () => {
    expect(createWebPages(path.join(folder, 'nowhere')).isBuilt).toBe(false)
  })
})

describe('an address that a page and a route of programs share', () => {
  const asked = (url: string, headers: Record<string, string>) =>
    isVisit(Object.assign(new IncomingMessage(new Socket()), { url, headers }))

  it('is the page for a browser that goes there, and the route for everybody else', () => {
    const browser = { ...html, 'sec-fetch-mode': 'navigate' }
    expect(asked('/health?x=1', browser)).toBe(true)
    expect(asked('/health', html)).toBe(false)
    expect(asked('/health', { 'sec-fetch-mode': 'cors' })).toBe(false)
    expect(asked('/health/instance', browser)).toBe(false)
  })
})
