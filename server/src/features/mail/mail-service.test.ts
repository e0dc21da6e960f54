import pino from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { startMailServer, type MailServer } from '../../../../test/support/mail-server.ts'
import { Secret } from '../../config/secret.ts'
import { createMailService } from './mail-service.ts'

let server: MailServer
beforeAll(async () => {
  server = await startMailServer()
})
afterAll(() => server[Symbol.asyncDispose]())

const log = pino({ level: 'silent' })

function service({ port = server.port, useTls = false, mailing = true } = {}) {
  return createMailService({
    config: {
      mail: { server: '127.0.0.1', port, useTls, sender: 'registry@example.com' },
      interface: {
        title: 'The Harbor',
        titleShort: 'Harbor',
        avatarKind: 'local',
        contactInfo: [],
        branding: {},
        footerLinks: {},
      },
      features: { mailing },
    },
    log,
  })
}

describe('a mail', () => {
  it('carries the title of the registry, as text and with links to be clicked', async () => {
    const text = 'Open\nhttps://registry.example.com/confirm?code=a&b=c\n\nbefore <noon>'
    await service().send({ to: 'ada@example.com', subject: 'Please confirm', text })
    const mail = await server.waitFor('ada@example.com', 'Please confirm')
    expect(mail.from).toBe('registry@example.com')
    expect(mail.subject).toBe('[Harbor] Please confirm')
    expect(mail.text.replaceAll('\r\n', '\n')).toContain(text)
    expect(mail.source).toContain('&lt;noon&gt;')
    expect(mail.source.replaceAll('=\r\n', '')).toContain('<a href=')
  })

  it('goes to one address, whatever stands in it', async () => {
    const to = 'ada,bob@example.com'
    await service().send({ to, subject: 'Odd', text: 'x' })
    const mail = server.mails.find(({ subject }) => subject.includes('Odd'))
    expect(mail?.to).toHaveLength(1)
  })

  it('takes no header from what somebody wrote', async () => {
    const subject = 'Team x\r\nBcc: eve@example.com'
    await service().send({ to: 'dan@example.com', subject, text: 'x' })
    const mail = await server.waitFor('dan@example.com', 'Team x')
    expect(mail.to).toEqual(['dan@example.com'])
    expect(mail.source).not.toMatch(/^Bcc:/m)
  })

  it('that cannot be sent is a problem, also where TLS is asked for and not offered', async () => {
    const mail = { to: 'ada@example.com', subject: 'x', text: 'x' }
    await expect(service({ port: 9 }).send(mail)).rejects.toMatchObject({ code: 'mail-failed' })
    await expect(service({ useTls: true }).send(mail)).rejects.toMatchObject({
      code: 'mail-failed',
    })
  })

  it('that nobody waits for is not sent while mailing is off', async () => {
    const mail = (subject: string) => ({ to: 'eve@example.com', subject, text: 'x' })
    service({ mailing: false }).sendLater(mail('Off'))
    service().sendLater(mail('On'))
    await server.waitFor('eve@example.com', 'On')
    expect(server.mails.map(({ subject }) => subject)).not.toContain('[Harbor] Off')
  })

  it('never shows the password of the mail server', async () => {
    const lines: string[] = []
    const failing = createMailService({
      config: {
        ...{ features: { mailing: true } },
        mail: {
          ...{ server: '127.0.0.1', port: 9, useTls: false, sender: 'a@b.cd' },
          ...{ username: 'relay', password: new Secret('hidden-word') },
        },
        interface: {
          ...{ title: 'x', titleShort: 'x', avatarKind: 'local' },
          ...{ contactInfo: [], branding: {}, footerLinks: {} },
        },
      },
      log: pino({ level: 'error' }, { write: (line: string) => void lines.push(line) }),
    })
    const sending = failing.send({ to: 'a@b.cd', subject: 'x', text: 'x' })
    const error: unknown = await sending.catch((caught: unknown) => caught)
    expect(lines.join()).toContain('mail not sent')
    expect(`${lines.join()} ${JSON.stringify(error)}`).not.toContain('hidden-word')
  })
})
