import type {
  ApplyView,
  CheckedStep,
  FieldErrors,
  HostView,
  ImportedQuay,
  PassphraseView,
  RecoveryKitView,
  RestoreView,
  SessionView,
  SetupFault,
  SetupState,
  SigningRequestView,
  StartRestore,
  TestLine,
} from '@mooring/server/contract/setup'
import type { EstimateLine, FirstContentView } from '@mooring/server/contract/setup-content'
import type { StepId } from '@mooring/server/contract/setup-steps'
import type { z } from 'zod'
import { ApiError, UnreachableError } from './api-error.ts'
import { readEvents } from './event-stream.ts'

const base = '/api/v1/mooring/setup'

export interface Imported {
  readonly state: SetupState
  readonly errors: FieldErrors
}
export type SetupClient = ReturnType<typeof createSetupClient>
export type QuayImport = z.output<typeof ImportedQuay>
export type SigningRequest = z.output<typeof SigningRequestView>
export type RestoreWish = z.input<typeof StartRestore>

/**
 * The setup, before there is a registry. Its session is a cookie of its own; that a call comes from
 * our page, the server sees by where it comes from and by its being JSON.
 */
export function createSetupClient() {
  async function send(method: string, path: string, body?: unknown, signal?: AbortSignal) {
    let response: Response
    try {
      response = await fetch(base + path, {
        method,
        credentials: 'same-origin',
        cache: 'no-store',
        headers: method === 'GET' ? {} : { 'Content-Type': 'application/json' },
        ...(method !== 'GET' && { body: JSON.stringify(body ?? {}) }),
        ...(signal !== undefined && { signal }),
      })
    } catch (error) {
      throw signal?.aborted === true ? error : new UnreachableError(error)
    }
    if (response.ok) return response
    throw new ApiError(response.status, await bodyOf(response), undefined)
  }

  async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
    // What the server answers with is in its contract, which both sides are compiled against.
    return (await (await send(method, path, body)).json()) as T
  }

  return {
    session: () => call<z.output<typeof SessionView>>('GET', '/session'),
    enter: (code: string, takeOver: boolean) => call('POST', '/session', { code, takeOver }),
    leave: () => call('DELETE', '/session'),

    state: () => call<SetupState>('GET', ''),
    host: () => call<HostView>('GET', '/host'),
    setLanguage: (language: SetupState['language']) =>
      call<SetupState>('PUT', '/language', { language }),
    save: (step: StepId, values: unknown, saveAnyway: boolean) =>
      call<SetupState>('PUT', `/steps/${step}`, { values, saveAnyway }),
    /** What is wrong with values that are still being typed. */
    check: async (step: StepId, values: unknown, signal: AbortSignal): Promise<FieldErrors> => {
      const response = await send('POST', `/steps/${step}/check`, { values }, signal)
      return ((await response.json()) as z.output<typeof CheckedStep>).errors
    },
    skip: (step: StepId) => call<SetupState>('POST', `/steps/${step}/skip`),

    /** Each line as it comes; the same id again when it is through. */
    async test(
      step: StepId,
      values: unknown,
      { onLine, signal }: { onLine: (line: TestLine) => void; signal: AbortSignal },
    ): Promise<void> {
      const response = await send('POST', `/steps/${step}/test`, { values }, signal)
      try {
        await readLines(response, (line) => {
          onLine(line as TestLine)
        })
      } catch (error) {
        throw signal.aborted ? error : new UnreachableError(error)
      }
    },

    /** Each line as it comes; the last one is the sum. */
    async estimateContent(
      values: unknown,
      { onLine, signal }: { onLine: (line: EstimateLine) => void; signal: AbortSignal },
    ): Promise<void> {
      const response = await send('POST', '/content/estimate', { values }, signal)
      try {
        await readLines(response, (line) => {
          onLine(line as EstimateLine)
        })
      } catch (error) {
        throw signal.aborted ? error : new UnreachableError(error)
      }
    },
    firstContent: () => call<FirstContentView>('GET', '/content'),

    importAnswers: (text: string, passphrase: string | null) =>
      call<Imported>('POST', '/answers', { text, passphrase }),
    exportAnswers: async (passphrase: string | null) =>
      (await send('POST', '/answers/export', { passphrase })).text(),
    importQuay: (file: string) => call<QuayImport>('POST', '/import-quay', { file }),

    restore: () => call<RestoreView>('GET', '/restore'),
    startRestore: (wish: RestoreWish) => call<RestoreView>('POST', '/restore', wish),
    cancelRestore: () => call<RestoreView>('POST', '/restore/cancel'),

    drawPassphrase: async () => (await call<PassphraseWords>('POST', '/passphrase')).passphrase,
    makeKit: () => call<RecoveryKitView>('POST', '/recovery-kit'),
    confirmKit: () => call<SetupState>('POST', '/recovery-kit/stored'),
    signingRequest: () => call<SigningRequest>('POST', '/signing-request'),
    authorityKey: async () => (await send('GET', '/authority-key')).text(),
    takeAuthorityKey: (taken: { confirm: string; key: string; passphrase: string }) =>
      call<ApplyView>('POST', '/authority-key/taken', taken),

    applyView: () => call<ApplyView>('GET', '/apply'),
    apply: () => call<ApplyView>('POST', '/apply'),
    retry: () => call<ApplyView>('POST', '/apply/retry'),
    startOver: (confirm: string) => call<SetupState>('POST', '/start-over', { confirm }),
    applyLog: async () => (await send('GET', '/apply/log')).text(),
    /** Until the list ends or the connection does. */
    followApply: (onView: (view: ApplyView) => void, signal: AbortSignal) =>
      readEvents(`${base}/apply/events`, {
        signal,
        lastId: '',
        opened: () => undefined,
        onEvent: ({ name, data }) => {
          if (name === 'apply') onView(data as ApplyView)
        },
      }),
  }
}

type PassphraseWords = z.output<typeof PassphraseView>

/** What the setup says of a call that it refused, where it was the setup that answered. */
export function faultOf(cause: unknown): SetupFault | undefined {
  if (!(cause instanceof ApiError)) return undefined
  const { body } = cause
  const isFault = typeof body === 'object' && body !== null && 'code' in body && 'text' in body
  return isFault ? (body as SetupFault) : undefined
}

async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text().catch(() => '')
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

/** A JSON value a line, however the stream was cut. */
async function readLines(response: Response, onLine: (line: unknown) => void): Promise<void> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  for (;;) {
    const { value, done } = (await reader?.read()) ?? { value: undefined, done: true }
    const lines = (rest + (value ?? '')).split('\n')
    rest = done ? '' : (lines.pop() ?? '')
    for (const line of lines) if (line.trim() !== '') onLine(JSON.parse(line))
    if (done) return
  }
}
