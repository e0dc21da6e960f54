import { createHash } from 'node:crypto'
import { createReadStream, readdirSync, readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import path from 'node:path'
import { pipeline } from 'node:stream'
import { Router } from 'express'

/** Where `npm run build:pages` leaves the interface, seen from the server's package. */
const builtPages = path.join(import.meta.dirname, '../../../renderer/dist')

const staticPrefix = '/static/'
/** Best first. */
const encodings = [
  { name: 'br', suffix: '.br' },
  { name: 'gzip', suffix: '.gz' },
] as const

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.json': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
}

/** Pages run what this origin serves and nothing else, and are shown in no frame. */
const pageHeaders = (also: string | undefined) => ({
  'Content-Type': 'text/html; charset=utf-8',
  'Cache-Control': 'no-cache',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=(), usb=(), payment=()',
  'Content-Security-Policy': [
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    `connect-src 'self'${also === undefined ? '' : ` ${also}`}`,
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types svelte-trusted-html dompurify mooring-markdown',
  ].join('; '),
})

interface StaticFile {
  readonly place: string
  readonly type: string
  readonly suffixes: ReadonlySet<string>
}

export type WebPages = ReturnType<typeof createWebPages>

/**
 * The interface as files: one page, whatever the address, and what it loads. The files are those that
 * were there at the start; an address is looked up among them and is never a path.
 */
export function createWebPages(directory: string = builtPages) {
  const files = listFiles(directory)
  const page = readPage(directory)

  function sendStatic(req: IncomingMessage, res: ServerResponse, file: StaticFile) {
    const accepted = acceptedEncodings(req)
    const encoding = encodings.find(
      ({ name, suffix }) => accepted.has(name) && file.suffixes.has(suffix),
    )
    res.writeHead(200, {
      'Content-Type': file.type,
      // Names change with the content.
      'Cache-Control': 'public, max-age=31536000, immutable',
      'X-Content-Type-Options': 'nosniff',
      ...(file.suffixes.size > 0 && { Vary: 'Accept-Encoding' }),
      ...(encoding !== undefined && { 'Content-Encoding': encoding.name }),
    })
    if (req.method === 'HEAD') {
      res.end()
      return
    }
    pipeline(createReadStream(file.place + (encoding?.suffix ?? '')), res, (error) => {
      if (error) res.destroy()
    })
  }

  function sendPage(req: IncomingMessage, res: ServerResponse, also: string | undefined) {
    if (page === undefined) throw new Error('there is no page to send')
    const headers = { ...pageHeaders(also), ETag: page.etag }
    if (req.headers['if-none-match'] === page.etag && also === undefined) {
      res.writeHead(304, headers).end()
      return
    }
    res.writeHead(200, { ...headers, 'Content-Length': page.html.length })
    res.end(req.method === 'HEAD' ? undefined : page.html)
  }

  return {
    isBuilt: page !== undefined,

    /**
     * Answers what a browser asks for to show a page; everything else is left alone.
     * @param also another origin that the page may ask whether it answers
     * @returns whether it answered
     */
    serve(req: IncomingMessage, res: ServerResponse, also?: string): boolean {
      if (page === undefined || (req.method !== 'GET' && req.method !== 'HEAD')) return false
      const [address = '/'] = (req.url ?? '/').split('?', 1)
      const file = files.get(address)
      if (file !== undefined) {
        sendStatic(req, res, file)
        return true
      }
      if (address.startsWith(staticPrefix) || !wantsPage(req)) return false
      sendPage(req, res, also)
      return true
    },
  }
}

/** Behind everything that has an address of its own. */
export function pagesRouter(pages: WebPages): Router {
  return Router().use((req, res, next) => {
    if (!pages.serve(req, res)) next()
  })
}

/** A page of the interface and, for programs, a route of Quay's have this address. */
const sharedAddresses: ReadonlySet<string> = new Set(['/health'])

/** Whether somebody goes to a page whose address programs ask for something else. */
export function isVisit({ url, headers }: IncomingMessage): boolean {
  const [address = '/'] = (url ?? '/').split('?', 1)
  // Monitors may accept HTML as browsers do; only browsers say that they navigate.
  return sharedAddresses.has(address) && headers['sec-fetch-mode'] === 'navigate'
}

/** A browser that goes to an address; programs that ask for anything get what programs get. */
function wantsPage(req: IncomingMessage): boolean {
  return (req.headers.accept ?? '').includes('text/html')
}

function acceptedEncodings(req: IncomingMessage): ReadonlySet<string> {
  const header = req.headers['accept-encoding']
  const parts = (Array.isArray(header) ? header.join(',') : (header ?? '')).toLowerCase().split(',')
  return new Set(
    parts
      .map((part) => part.split(';').map((word) => word.trim()))
      .filter(([, quality]) => !/^q=0(?:\.0*)?$/.test(quality ?? ''))
      .map(([name = '']) => name),
  )
}

function listFiles(directory: string): ReadonlyMap<string, StaticFile> {
  const folder = path.join(directory, staticPrefix)
  let names: readonly string[]
  try {
    names = readdirSync(folder)
  } catch {
    return new Map()
  }
  const isThere = new Set(names)
  return new Map(
    names
      .filter((name) => !encodings.some(({ suffix }) => name.endsWith(suffix)))
      .map((name) => [
        staticPrefix + name,
        {
          place: path.join(folder, name),
          type: types[path.extname(name)] ?? 'application/octet-stream',
          suffixes: new Set(
            encodings.map(({ suffix }) => suffix).filter((suffix) => isThere.has(name + suffix)),
          ),
        },
      ]),
  )
}

function readPage(directory: string) {
  try {
    const html = readFileSync(path.join(directory, 'index.html'))
    const digest = createHash('sha256').update(html).digest('base64url').slice(0, 22)
    return { html, etag: `"${digest}"` }
  } catch {
    return undefined
  }
}
