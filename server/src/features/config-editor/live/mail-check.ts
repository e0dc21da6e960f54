import type { Credentials, LiveProblem } from '../live-checks.ts'
import { causeOf } from './cause.ts'
import type { Trust } from './trust.ts'

export interface MailTarget {
  readonly server: string
  readonly port: number
  readonly useTls: boolean
  readonly credentials?: Credentials
}

const answerWithinMs = 3_000

/** The greeting, then STARTTLS or the login, as Quay's own check goes: never both. */
export async function checkMail(
  { server, port, useTls, credentials }: MailTarget,
  trust: Trust,
): Promise<LiveProblem | undefined> {
  const { createTransport } = await import('nodemailer')
  const verify = async (options: object) => {
    const transport = createTransport({
      host: server,
      port,
      secure: false,
      connectionTimeout: answerWithinMs,
      greetingTimeout: answerWithinMs,
      socketTimeout: answerWithinMs,
      ...options,
    })
    try {
      await transport.verify()
      return undefined
    } catch (error) {
      return causeOf(error, credentials?.password)
    } finally {
      transport.close()
    }
  }
  const unreachable = await verify({ ignoreTLS: true })
  if (unreachable !== undefined) {
    return { message: `Cannot reach ${server}. Error: ${unreachable}`, tag: 'MAIL_SERVER' }
  }
  if (useTls) {
    const insecure = await verify({ requireTLS: true, tls: { ca: trust.authorities() } })
    return insecure === undefined ? undefined : { message: insecure, tag: 'MAIL_USE_TLS' }
  }
  if (credentials === undefined) return undefined
  const { user, password } = credentials
  const auth = { user, pass: password }
  const refused = await verify({ ignoreTLS: true, authMethod: 'PLAIN', auth })
  return refused === undefined ? undefined : { message: `Error: ${refused}`, tag: 'MAIL_SERVER' }
}
