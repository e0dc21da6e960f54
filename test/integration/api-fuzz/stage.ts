import type { ApiClient } from '../../support/api-client.ts'
import { createOpaqueImage } from '../../support/content.ts'
import type { MailServer } from '../../support/mail-server.ts'
import type { TestServer } from '../../support/server.ts'
import type { Headers } from '../../support/http-request.ts'
import type { Issuer } from '../../support/open-id-issuer.ts'
import { parseChallenge } from '../../support/registry-session.ts'
import type { Login, World } from '../../support/world.ts'

export const redirectUri = 'https://tool.invalid/back'
export const harbour = '/api/v1/organization/harbour'
const image = createOpaqueImage('stage', [100])

export interface Spare extends Login {
  readonly email: string
}

export interface Theatre {
  readonly server: TestServer
  readonly world: World
  readonly mail: MailServer
  readonly issuer: Issuer
}

const form = (fields: Readonly<Record<string, string>>) => new URLSearchParams(fields).toString()
const consentTo = (clientId: string, responseType: string) => ({
  ...{ client_id: clientId, redirect_uri: redirectUri },
  ...{ response_type: responseType, scope: 'repo:read' },
})

/** Makes things of every kind, which a call may then change and end without another missing them. */
export async function createStage({ server, world, mail, issuer }: Theatre) {
  const admin = await server.signedIn(world.logins.admin)
  const quay = await server.signedIn(world.superuser)
  const registry = server.client(world.logins.admin)
  const anybody = server.api()
  const challenge = await anybody.request('GET', '/v2/')
  const { service = '' } = parseChallenge(challenge.header('www-authenticate'))
  const permissions = `/api/v1/repository/${world.home.repository}/permissions`
  await admin.put(`${permissions}/team/crew`, { role: 'read' })
  let made = 0
  const next = (what: string) => `${what}${++made}`
  const emailOf = (name: string) => `${name}@example.com`

  const secrets = new Set<string>()
  const keepSecret = (value: unknown): string => {
    if (typeof value !== 'string' || value === '') throw new Error('there is no secret')
    secrets.add(value)
    return value
  }
  const inMail = async (to: string, subject: string, words: RegExp) =>
    keepSecret(words.exec((await mail.waitFor(to, subject)).text)?.[1])

  async function create(path: string, body: unknown, status = 200, by: ApiClient = admin) {
    return (await by.post(path, body, status)) as Readonly<Record<string, unknown>>
  }

  let exported: Promise<string> | undefined
  async function exportLogs(): Promise<string> {
    const email = emailOf(next('export'))
    await admin.post('/api/v1/user/exportlogs', { callback_email: email })
    return inMail(email, 'Export Action Logs', /exportedlogs\/([\w-]+)/)
  }

  return {
    ...{ admin, quay, server, world, next, emailOf },
    /** Everything made so far that no log line may hold. */
    secrets: (): readonly string[] => [...secrets],
    /** By which a service calls the registry. */
    audience: `https://${service}`,

    async organization(): Promise<string> {
      const name = next('org')
      await admin.post('/api/v1/organization/', { name, email: emailOf(name) }, 201)
      return name
    },
    async repository(): Promise<string> {
      const repository = next('repo')
      const body = { namespace: 'harbour', repository, visibility: 'private', description: '' }
      await admin.post('/api/v1/repository', body, 201)
      return `harbour/${repository}`
    },
    /** A repository with an image of that tag. */
    async image(tag: string) {
      const repository = `harbour/${next('image')}`
      return { repository, manifestref: await registry.pushImage(repository, tag, image) }
    },
    /** One that nobody goes on with. */
    async upload(): Promise<string> {
      const location = await registry.startUpload(world.home.repository)
      return location.split('/').at(-1)?.split('?')[0] ?? ''
    },
    /** An image that was asked for and is not there. */
    async missedPull(): Promise<string> {
      const tag = next('missed')
      await registry.getManifest(world.home.repository, tag)
      const path = `/api/v1/mooring/missed-pulls?search=:${tag}`
      const { missed_pulls } = (await quay.get(path)) as { missed_pulls: { id: string }[] }
      return missed_pulls[0]?.id ?? ''
    },
    async label(repository: string, manifestref: string): Promise<string> {
      const path = `/api/v1/repository/${repository}/manifest/${manifestref}/labels`
      const body = { key: next('key'), value: 'one', media_type: 'text/plain' }
      const { label } = await create(path, body, 201)
      return (label as { id: string }).id
    },
    async team(): Promise<string> {
      const name = next('team')
      await admin.put(`${harbour}/team/${name}`, { role: 'member' })
      return name
    },
    async teamWith(member: string): Promise<string> {
      const name = next('team')
      await admin.put(`${harbour}/team/${name}`, { role: 'member' })
      await admin.put(`${harbour}/team/${name}/members/${member}`)
      return name
    },
    /** @param base the path of the robots of a person or an organization. */
    async robot(base: string): Promise<string> {
      const name = next('robot')
      await admin.put(`${base}/${name}`, {}, 201)
      return name
    },
    async prototype(): Promise<string> {
      const delegate = { kind: 'team', name: 'crew' }
      return String((await create(`${harbour}/prototypes`, { role: 'read', delegate }))['id'])
    },
    /** @param base the path of the organization or the repository. */
    async policy(base: string): Promise<string> {
      const tagPattern = next('frozen')
      return String((await create(`${base}/immutabilitypolicy/`, { tagPattern }, 201))['uuid'])
    },
    async application(): Promise<{ clientId: string; secret: string }> {
      const body = { name: next('tool'), redirect_uri: redirectUri }
      const made = await create(`${harbour}/applications`, body)
      return { clientId: String(made['client_id']), secret: keepSecret(made['client_secret']) }
    },
    async applicationToken(clientId: string): Promise<string> {
      const path = `${harbour}/applications/${clientId}/tokens`
      return String((await create(path, { name: next('token'), scope: 'repo:read' }))['uuid'])
    },
    async appToken(): Promise<string> {
      const { token } = await create('/api/v1/user/apptoken', { title: next('device') })
      return (token as { uuid: string }).uuid
    },
    async serviceKey(service: string): Promise<string> {
      const body = { service, expiration: null }
      return String((await create('/api/v1/superuser/keys', body, 200, quay))['kid'])
    },
    async message(): Promise<string> {
      const content = next('message')
      const message = { content, media_type: 'text/plain', severity: 'info' }
      await quay.post('/api/v1/messages', { message }, 201)
      const { messages } = (await quay.get('/api/v1/messages')) as {
        messages: { uuid: string; content: string }[]
      }
      return messages.find((one) => one.content === content)?.uuid ?? ''
    },

    /** Somebody whose address a superuser vouches for. */
    async person(): Promise<Spare> {
      const username = next('spare')
      const unconfirmed = { username, email: `${username}@unconfirmed.example.com` }
      const { password } = await create('/api/v1/superuser/users/', unconfirmed, 200, quay)
      const email = emailOf(username)
      await quay.put(`/api/v1/superuser/users/${username}`, { email })
      return { username, password: keepSecret(password), email }
    },
    /** Somebody with an invitation to a team: its code. */
    async invited(): Promise<{ person: Spare; code: string; teamname: string }> {
      const teamname = await this.team()
      const person = await this.person()
      await admin.put(`${harbour}/team/${teamname}/members/${person.username}`)
      const [notification] = await this.notificationsOf(person)
      return { person, code: keepSecret(notification?.metadata['code']), teamname }
    },
    async memberOfHarbour(): Promise<Spare> {
      const { person, code } = await this.invited()
      const client = await server.signedIn(person)
      await client.put(`/api/v1/teaminvite/${code}`)
      client.close()
      return person
    },
    async notificationsOf(login: Login) {
      const client = await server.signedIn(login)
      const { notifications } = (await client.get('/api/v1/user/notifications')) as {
        notifications: { id: string; metadata: Readonly<Record<string, unknown>> }[]
      }
      client.close()
      return notifications
    },
    /** Of the mail to somebody who has just signed up. */
    async confirmationCode(): Promise<string> {
      const username = next('signer')
      const email = emailOf(username)
      const account = { username, email, password: 'a-password-of-theirs' }
      await admin.post('/api/v1/user/', account)
      return inMail(email, 'confirm your e-mail address', /confirm\?code=([\w-]+)/)
    },
    /** Of the mail that asks an address whether it may be told about a repository. */
    async repoEmailCode(): Promise<string> {
      const email = emailOf(next('asked'))
      await admin.post(`/api/v1/repository/${world.home.repository}/authorizedemail/${email}`, {})
      return inMail(email, 'verify your e-mail address', /authrepoemail\?code=([\w-]+)/)
    },
    async recoveryCode(): Promise<string> {
      const { email } = await this.person()
      await admin.post('/api/v1/recovery', { email })
      return inMail(email, 'Account recovery', /recovery\?code=([\w-]+)/)
    },
    /** A link to exported logs: asked for once, because a worker writes them at its own time. */
    exportedLogs: () => (exported ??= exportLogs()),

    /** A token that waits for its person. */
    async assigned(): Promise<{ person: Spare; uuid: string }> {
      const person = await this.person()
      const query = { ...consentTo(world.home.client_id, 'token'), username: person.username }
      await admin.post(`/oauth/authorize/assignuser?${form({ ...query, format: 'json' })}`)
      const client = await server.signedIn(person)
      const { authorizations } = (await client.get('/api/v1/user/assignedauthorization')) as {
        authorizations: { uuid: string }[]
      }
      client.close()
      return { person, uuid: authorizations[0]?.uuid ?? '' }
    },
    async oauthCode() {
      const { clientId, secret } = await this.application()
      const agreed = form(consentTo(clientId, 'code'))
      const answer = await admin.request('POST', '/oauth/authorizeapp', agreed, {
        'content-type': 'application/x-www-form-urlencoded',
      })
      const code = keepSecret(new URL(answer.header('location')).searchParams.get('code'))
      return { clientId, secret, code }
    },
    /** @returns what a robot shows that comes with a token of an issuer it trusts. */
    async federatedRobot(): Promise<string> {
      const robot = await this.robot(`${harbour}/robots`)
      const trusted = [{ issuer: issuer.url, subject: 'job' }]
      await admin.post(`${harbour}/robots/${robot}/federation`, trusted)
      const token = keepSecret(await issuer.sign({ subject: 'job' }))
      return `Basic ${Buffer.from(`harbour+${robot}:${token}`).toString('base64')}`
    },
    /** Submits the key of a service, and approves it. */
    async submitKey(kid: string, jwk: object, headers: Headers): Promise<void> {
      const path = `/keys/services/sample/keys/${kid}`
      const answer = await anybody.request('PUT', path, jwk, headers)
      if (answer.status !== 202) throw new Error(`a key was refused: ${answer.text()}`)
      await quay.post(`/api/v1/superuser/approvedkeys/${kid}`, {}, 201)
    },
  }
}

export type Stage = Awaited<ReturnType<typeof createStage>>
