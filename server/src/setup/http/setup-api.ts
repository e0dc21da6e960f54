import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  CheckStep,
  ExportAnswers,
  ImportAnswers,
  OpenSession,
  SaveStep,
  SetLanguage,
  setupBase,
  StartOver,
  TestStep,
} from '../../contract/setup.ts'
import { StepId } from '../../contract/setup-steps.ts'
import type { Logger } from '../../platform/logger.ts'
import type { SetupApply } from '../setup-apply.ts'
import type { createCodeDesk } from '../setup-code.ts'
import { SetupError } from '../setup-codes.ts'
import type { SetupService } from '../setup-service.ts'
import { idleMinutes, type SetupSessions } from '../setup-session.ts'
import { findingOfError } from '../foreign-findings.ts'
import { sendApplyEvents } from './apply-events.ts'
import {
  beginStream,
  readBody,
  requireOwnPage,
  sendFault,
  sendJson,
  sendText,
  sessionToken,
  setSessionCookie,
} from './setup-request.ts'
import type { Work } from './setup-work.ts'

const smallBody = 4_096
const stepBody = 2 * 1024 * 1024
const answersBody = 5 * 1024 * 1024

/** `/api/v1/mooring/setup/…`: everything but opening a session needs one. */
export function createSetupApi({
  service,
  apply,
  sessions,
  desk,
  more,
  log,
  stopping,
}: {
  service: SetupService
  apply: SetupApply
  sessions: SetupSessions
  desk: ReturnType<typeof createCodeDesk>
  /** Further work for who is in, by method and path. */
  more: Readonly<Record<string, Work>>
  log: Logger
  stopping: AbortSignal
}) {
  const sendState = async (res: ServerResponse) => {
    sendJson(res, 200, await service.view())
  }
  const stepOf = (id: string) => {
    const parsed = StepId.safeParse(id)
    if (!parsed.success) throw new SetupError('MOOR-SET-009')
    return parsed.data
  }
  const answersAs = (res: ServerResponse, passphrase: string | null) => {
    sendText(res, 200, 'application/yaml', service.exportAnswers(passphrase), {
      'Content-Disposition': 'attachment; filename="mooring-answers.yaml"',
    })
  }

  const sessionView = (isOpen: boolean) => {
    const { phase } = service.current()
    return { open: isOpen, idleMinutes, phase }
  }

  const open: Readonly<Record<string, Work>> = {
    'GET /session': (req, res) => {
      sendJson(res, 200, sessionView(sessions.isOpen(sessionToken(req))))
      return Promise.resolve()
    },
    'POST /session': async (req, res) => {
      const { code, takeOver } = await readBody(req, OpenSession, smallBody)
      await desk.require(code)
      const token = sessions.open({ token: sessionToken(req), takeOver })
      log.info({ address: req.socket.remoteAddress }, 'setup session opened')
      sendJson(res, 200, sessionView(true), setSessionCookie(req, token))
    },
    'DELETE /session': (req, res) => {
      sessions.close(sessionToken(req))
      sendJson(res, 200, sessionView(false), setSessionCookie(req, ''))
      return Promise.resolve()
    },
  }

  const guarded: Readonly<Record<string, Work>> = {
    ...more,
    'GET ': (_req, res) => sendState(res),
    'PUT /language': async (req, res) => {
      const { language } = await readBody(req, SetLanguage, smallBody)
      await service.setLanguage(language)
      await sendState(res)
    },
    'PUT /steps/*': async (req, res, id) => {
      const step = stepOf(id)
      const { values, saveAnyway } = await readBody(req, SaveStep, stepBody)
      await service.save(step, values, { saveAnyway })
      await sendState(res)
    },
    'POST /steps/*/skip': async (_req, res, id) => {
      await service.skip(stepOf(id))
      await sendState(res)
    },
    'POST /steps/*/check': async (req, res, id) => {
      const { values } = await readBody(req, CheckStep, stepBody)
      sendJson(res, 200, { errors: await service.check(stepOf(id), values) })
    },
    'POST /steps/*/test': async (req, res, id) => {
      const step = stepOf(id)
      const { values } = await readBody(req, TestStep, stepBody)
      const gone = new AbortController()
      res.once('close', () => {
        gone.abort()
      })
      const lines = await service.test(step, values, AbortSignal.any([gone.signal, stopping]))
      beginStream(res, 'application/x-ndjson')
      for await (const line of lines) res.write(`${JSON.stringify(line)}\n`)
      res.end()
    },
    'GET /answers': (_req, res) => {
      answersAs(res, null)
      return Promise.resolve()
    },
    'POST /answers/export': async (req, res) => {
      answersAs(res, (await readBody(req, ExportAnswers, smallBody)).passphrase)
    },
    'POST /answers': async (req, res) => {
      const { text, passphrase } = await readBody(req, ImportAnswers, answersBody)
      const problems = await service.importAnswers(text, passphrase)
      const errors = problems.map(({ step, field, text: fault }) => ({
        field: `${step}.${field}`,
        text: fault,
      }))
      sendJson(res, 200, { state: await service.view(), errors })
    },
    'GET /apply': async (_req, res) => {
      sendJson(res, 200, await service.applyView())
    },
    'POST /apply': async (_req, res) => {
      await apply.start()
      sendJson(res, 202, await service.applyView())
    },
    'POST /apply/retry': async (_req, res) => {
      await apply.retry()
      sendJson(res, 202, await service.applyView())
    },
    'GET /apply/events': (req, res) => sendApplyEvents(req, res, { service, apply, stopping }),
    'GET /apply/log': (_req, res) => {
      const lines = service
        .current()
        .tasks.flatMap(({ id, state, startedAt, finding, lines: said }) => [
          `${startedAt ?? '-'} ${id}: ${state}${finding === null ? '' : ` ${finding.code}`}`,
          ...said.map((line) => `  ${line}`),
        ])
      sendText(res, 200, 'text/plain; charset=utf-8', `${lines.join('\n')}\n`)
      return Promise.resolve()
    },
    'POST /start-over': async (req, res) => {
      await apply.startOver((await readBody(req, StartOver, smallBody)).confirm)
      await sendState(res)
    },
  }

  async function serve(req: IncomingMessage, res: ServerResponse, path: string): Promise<void> {
    const rest = path.slice(setupBase.length).replace(/\/$/, '')
    const id = /^\/steps\/([^/]+)/.exec(rest)?.[1] ?? ''
    const name = `${req.method ?? ''} ${rest.replace(/^(\/steps\/)[^/]+/, '$1*')}`
    const isReading = req.method === 'GET'
    if (!isReading) requireOwnPage(req)
    const work = Object.hasOwn(open, name) ? open[name] : undefined
    if (work !== undefined) return work(req, res, id)
    sessions.require(sessionToken(req))
    const inside = Object.hasOwn(guarded, name) ? guarded[name] : undefined
    if (inside === undefined) throw new SetupError('MOOR-SET-009')
    return inside(req, res, id)
  }

  return (req: IncomingMessage, res: ServerResponse, path: string): void => {
    serve(req, res, path).catch((error: unknown) => {
      const foreign = findingOfError(error)
      if (res.headersSent || res.destroyed) {
        res.destroy()
      } else if (error instanceof SetupError) {
        sendFault(res, error)
      } else if (foreign !== undefined) {
        sendJson(res, 400, foreign)
      } else {
        log.error({ err: error }, 'setup request failed')
        sendFault(res, new SetupError('MOOR-SET-041'))
      }
    })
  }
}
