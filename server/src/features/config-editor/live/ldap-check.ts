import type { Bundle } from '../bundle.ts'
import type { LiveProblem } from '../live-checks.ts'
import { certificatesIn } from '@mooring/certs'
import { causeOf, within } from './cause.ts'
import type { Trust } from './trust.ts'

export interface LdapTarget {
  readonly uri: string
  readonly adminDn: string
  readonly password: string
  readonly baseDn: string
  readonly filter: string
}

const answerWithinMs = 10_000

export async function checkLdap(
  { uri, adminDn, password, baseDn, filter }: LdapTarget,
  { trust, certs }: { trust: Trust; certs: Bundle['certs'] },
): Promise<LiveProblem | undefined> {
  const authority = authorityOf(certs)
  if (authority === 'unusable') {
    return { message: 'Could not successfully load ldap.crt', tag: 'LDAP' }
  }
  const { Client, ResultCodeError } = await import('ldapts')
  const client = new Client({
    url: uri,
    timeout: answerWithinMs,
    connectTimeout: answerWithinMs,
    ...(uri.startsWith('ldaps:') && {
      tlsOptions: { ca: [...trust.authorities(), ...authority] },
    }),
  })
  const say = (what: string, error: unknown) => ({
    message: `${what}. Error: ${causeOf(error, password)}`,
    tag: 'LDAP_URI',
  })
  try {
    try {
      await within(answerWithinMs, client.bind(adminDn, password))
    } catch (error) {
      return error instanceof ResultCodeError
        ? say('Could not authenticate LDAP server', error)
        : say(`Could not connect to ${uri}`, error)
    }
    try {
      const pages = client.searchPaginated(baseDn, {
        scope: 'sub',
        filter,
        attributes: ['1.1'],
        paged: { pageSize: 32 },
      })
      // One page shows that the query works.
      await within(answerWithinMs, pages.next())
    } catch (error) {
      return say('Could not query LDAP server', error)
    }
    return undefined
  } finally {
    await client.unbind().catch(() => undefined)
  }
}

function authorityOf(certs: Bundle['certs']): readonly string[] | 'unusable' {
  const file = certs.get('ldap.crt')
  if (file === undefined) return []
  try {
    return certificatesIn(file.toString('latin1'))
  } catch {
    return 'unusable'
  }
}
