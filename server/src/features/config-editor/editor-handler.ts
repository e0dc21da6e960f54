import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { ConfigError, type Environment, loadConfig } from '../../config/config.ts'
import { parseAuthorization } from '../../http/basic-credentials.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import { SettingTypeError, type ValidationMode, validationModes, withoutNulls } from './bundle.ts'
import { archiveOf, configYaml } from './bundle-archive.ts'
import { BundleBodyError, certsJson, parseBundleBody, type ParsedBundle } from './bundle-json.ts'
import { changeConfigText } from './config-text.ts'
import { deployBundle, isWritable } from './deploy-bundle.ts'
import { editorPage } from './editor-page.ts'
import { usualSettings } from './field-groups.ts'
import { createLiveChecks } from './live-checks.ts'
import { causeOf } from './live/cause.ts'
import { postToOperator } from './operator-relay.ts'
import { BundleError, parseSettings, readBundle, readConfigText } from './read-bundle.ts'
import { validateBundle } from './validate-bundle.ts'

export interface EditorOptions {
  readonly configDir: string
  readonly dataDir: string
  readonly password: string
  readonly operatorEndpoint?: string | undefined
  /** Names of groups that people may not change, for whoever shows them. */
  readonly readOnlyFieldGroups?: readonly string[]
  readonly clock: Clock
  readonly env: Environment
  readonly log: Logger
}

const user = 'quayconfig'
const largestBodyBytes = 8 * 1024 * 1024

interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body: string | Buffer
}

class TooLarge extends Error {}

/** Quay's config editor: its calls, with its answers. */
export function createEditorHandler(options: EditorOptions): RequestListener {
  const { configDir, dataDir, clock, env, log } = options
  const expected = digest(options.password)

  const routes: Readonly<Record<string, (request: EditorRequest) => Promise<Answer>>> = {
    'GET /api/v1/config': async () => {
      const { config, certs, hasFile } = await readBundle(configDir)
      const merged = { ...usualSettings(), ...(withoutNulls(config) as typeof config) }
      const answer = { 'config.yaml': merged, certs: certsJson(certs) }
      return json(hasFile ? 200 : 202, answer)
    },
    'POST /api/v1/config/validate': async ({ bundle, mode }) => {
      const given = await bundle()
      const live = createLiveChecks(given, { clock, env, dataDir })
      return json(200, await validateBundle(given, { mode: mode(), live }))
    },
    'POST /api/v1/config/download': ({ bundle }) => download(bundle),
    'POST /api/v1/config/bundle': ({ bundle }) => download(bundle),
    'POST /api/v1/config/deploy': async ({ bundle }) => deploy(await bundle()),
    'POST /api/v1/config/operator': async ({ bundle }) => {
      const { operatorEndpoint } = options
      if (operatorEndpoint === undefined) return text(404, 'there is no operator')
      const { status, text: body } = await postToOperator(operatorEndpoint, await bundle(), env)
      return text(status, body)
    },
  }

  async function download(bundle: EditorRequest['bundle']): Promise<Answer> {
    const { config, certs } = await bundle()
    return {
      status: 200,
      headers: {
        'Content-Type': 'application/zip',
        'Content-Disposition': 'attachment; filename=quay-config.tar.gz',
      },
      body: await archiveOf({ configText: configYaml(config), certs }, clock.now()),
    }
  }

  /** A bundle with which the registry would not start is not put in place. */
  async function deploy({ config, certs }: ParsedBundle): Promise<Answer> {
    const before = (await readConfigText(configDir)) ?? ''
    const gone = Object.keys(parseSettings(before)).filter((key) => !(key in config))
    const changes = new Map<string, unknown>(gone.map((key) => [key, undefined]))
    for (const [key, value] of Object.entries(config)) changes.set(key, value ?? undefined)
    const configText = changeConfigText(before, changes)
    const there = [...(await readBundle(configDir)).certs.keys(), ...certs.keys()]
    loadConfig({ configDir, dataDir, fileText: configText, files: there, env, flags: {} })
    if (!(await isWritable(configDir))) return text(409, `${configDir} cannot be written`)
    await deployBundle(configDir, { configText, files: certs })
    log.info({ configDir, files: certs.size + 1 }, 'configuration deployed')
    return json(200, { status: 'deployed', restart: true })
  }

  async function answer(req: IncomingMessage): Promise<Answer> {
    const url = new URL(req.url ?? '/', 'http://editor')
    if (url.pathname === '/' && (req.method === 'GET' || req.method === 'HEAD')) return page()
    if (!url.pathname.startsWith('/api/')) return text(404, '404 page not found')
    if (!isLoggedIn(req)) {
      const challenge = { 'WWW-Authenticate': 'Basic realm="config"' }
      return { ...text(401, 'Unauthorized'), headers: { ...plain, ...challenge } }
    }
    const path = url.pathname.replace(/\/$/, '')
    const route = routes[`${req.method ?? ''} ${path}`]
    if (route === undefined) {
      const isKnown = Object.keys(routes).some((known) => known.endsWith(` ${path}`))
      return isKnown ? text(405, 'Method Not Allowed') : text(404, '404 page not found')
    }
    return route({
      bundle: async () => parseBundleBody(await readBody(req)),
      mode: () => parseMode(url.searchParams.get('mode')),
    })
  }

  function page(): Answer {
    const groups = (options.readOnlyFieldGroups ?? []).join(',')
    const operator = options.operatorEndpoint
    const cookie = (name: string, value: string) =>
      `${name}=${encodeURIComponent(value)}; Path=/; SameSite=Strict`
    return {
      status: 200,
      headers: {
        'Content-Type': 'text/html; charset=utf-8',
        'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'",
        'Set-Cookie': [
          cookie('QuayReadOnlyFieldGroups', groups),
          ...(operator === undefined ? [] : [cookie('QuayOperatorEndpoint', operator)]),
        ],
      },
      body: editorPage,
    }
  }

  function isLoggedIn(req: IncomingMessage): boolean {
    const given = parseAuthorization(req.headers.authorization)
    if (given.scheme !== 'basic') return false
    const isRight = timingSafeEqual(digest(given.password), expected)
    return given.username === user && isRight
  }

  return (req, res) => {
    answer(req)
      .catch((error: unknown) => refusal(error, log))
      .then((result) => {
        send(req, res, result)
      })
      .catch((error: unknown) => {
        log.warn({ err: error }, 'answer broken off')
        res.destroy()
      })
  }
}

interface EditorRequest {
  readonly bundle: () => Promise<ParsedBundle>
  readonly mode: () => ValidationMode
}

function refusal(error: unknown, log: Logger): Answer {
  if (error instanceof TooLarge) return text(413, 'the body is too large')
  const isTheirs = [SettingTypeError, BundleBodyError, BundleError, ConfigError].some(
    (kind) => error instanceof kind,
  )
  if (isTheirs) return text(400, error instanceof Error ? error.message : 'wrong')
  log.error({ err: error }, 'config editor failed')
  return text(500, `the editor failed: ${causeOf(error)}`)
}

function parseMode(given: string | null): ValidationMode {
  if (given === null || given === '') return 'online'
  const mode = validationModes.find((known) => known === given)
  if (mode === undefined) {
    throw new BundleBodyError(`mode must be one of ${validationModes.join(', ')}.`)
  }
  return mode
}

async function readBody(req: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  let sizeBytes = 0
  for await (const piece of req as AsyncIterable<Buffer>) {
    sizeBytes += piece.length
    if (sizeBytes > largestBodyBytes) throw new TooLarge()
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString()
}

const plain = { 'Content-Type': 'text/plain; charset=utf-8' }

function text(status: number, words: string): Answer {
  return { status, headers: plain, body: `${words}\n` }
}

function json(status: number, value: unknown): Answer {
  return { status, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(value) }
}

function send(req: IncomingMessage, res: ServerResponse, { status, headers, body }: Answer): void {
  const isRead = req.complete || req.method === 'GET' || req.method === 'HEAD'
  for (const [name, value] of Object.entries(headers ?? {})) {
    res.setHeader(name, typeof value === 'string' ? value : [...value])
  }
  res.setHeader('X-Content-Type-Options', 'nosniff')
  res.setHeader('Cache-Control', 'no-store')
  res.setHeader('Content-Length', Buffer.byteLength(body))
  if (!isRead) res.setHeader('Connection', 'close')
  res.statusCode = status
  res.end(req.method === 'HEAD' ? undefined : body)
}

function digest(password: string): Buffer {
  return createHash('sha256').update(password).digest()
}
