import { createServer, type Socket } from 'node:net'

import { until } from './until.ts'

export interface ReceivedMail {
  readonly from: string
  readonly to: readonly string[]
  /** Header and body as they were sent. */
  readonly source: string
  readonly subject: string
  /** The plain text part. */
  readonly text: string
}

export interface MailServer extends AsyncDisposable {
  readonly port: number
  readonly mails: readonly ReceivedMail[]
  /** The newest mail to an address with these words in its subject, once it is there. */
  waitFor(to: string, subject: string): Promise<ReceivedMail>
}

/** Takes every mail and delivers none: enough of SMTP for one that sends to talk to. */
export async function startMailServer(): Promise<MailServer> {
  const mails: ReceivedMail[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
    converse(socket, (mail) => mails.push(mail))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port was given')

  return {
    port: address.port,
    mails,
    waitFor: (to, subject) =>
      until(`a mail to ${to} about ${subject}`, () =>
        mails.findLast((mail) => mail.to.includes(to) && mail.subject.includes(subject)),
      ),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function converse(socket: Socket, received: (mail: ReceivedMail) => void): void {
  let rest = ''
  let from = ''
  let to: string[] = []
  let inData = false
  const say = (line: string) => socket.write(`${line}\r\n`)

  socket.setEncoding('utf8')
  say('220 mail.test ESMTP')
  socket.on('data', (chunk: string) => {
    rest += chunk
    for (;;) {
      const end = inData ? '\r\n.\r\n' : '\r\n'
      const at = rest.indexOf(end)
      if (at < 0) return
      const part = rest.slice(0, at)
      rest = rest.slice(at + end.length)
      if (inData) {
        received({ from, to, ...parse(part) })
        inData = false
        to = []
        say('250 kept')
      } else answer(part)
    }
  })

  function answer(line: string): void {
    const address = /<([^>]*)>/.exec(line)?.[1] ?? ''
    if (/^MAIL/i.test(line)) from = address
    if (/^RCPT/i.test(line)) to.push(address)
    if (/^DATA/i.test(line)) inData = true
    if (/^QUIT/i.test(line)) socket.end('221 bye\r\n')
    else if (/^STARTTLS/i.test(line)) say('502 no')
    else say(inData ? '354 go on' : '250 fine')
  }
}

function parse(source: string): Pick<ReceivedMail, 'source' | 'subject' | 'text'> {
  const subject = /^Subject: ((?:.*\r\n[ \t])*.*)$/im.exec(source)?.[1] ?? ''
  const [, encoding = '', body = ''] =
    /Content-Type: text\/plain[^\r]*\r\n(?:Content-Transfer-Encoding: ([^\r]*)\r\n)?\r\n([\s\S]*?)(?=\r\n--|$)/.exec(
      source,
    ) ?? []
  return { source, subject: subject.replaceAll(/\r\n[ \t]/g, ' '), text: decode(body, encoding) }
}

function decode(body: string, encoding: string): string {
  if (encoding.toLowerCase() === 'base64') return Buffer.from(body, 'base64').toString('utf8')
  if (encoding.toLowerCase() !== 'quoted-printable') return body
  const bytes = body
    .replaceAll(/=\r\n/g, '')
    .replaceAll(/=([0-9A-F]{2})/g, (_all, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    )
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
