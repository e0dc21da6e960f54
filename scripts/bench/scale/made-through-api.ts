import { namespace, password, startMooring } from '../peers.ts'
import { bigOrganization, robots, smallOrganization } from './seed-people.ts'
import { signIn } from './session.ts'

const applications = 100

/**
 * The organizations, and of theirs what has secrets that only a server can seal.
 * @returns names for parameters of paths
 */
export async function makeThroughApi(
  parent: string,
  directory: string,
): Promise<Record<string, string>> {
  const server = await startMooring(parent, { directory })
  try {
    const admin = await signIn(server.origins.http, namespace, password)
    for (const name of [bigOrganization, smallOrganization]) {
      await admin.send('POST', '/api/v1/organization/', { name, email: `${name}@example.com` })
    }
    await admin.send('PUT', '/api/v1/user/robots/robot000', {})
    const base = `/api/v1/organization/${bigOrganization}`
    for (let at = 0; at < robots; at++) {
      await admin.send('PUT', `${base}/robots/robot${number(at)}`, {})
    }
    let clientId = ''
    for (let at = 0; at < applications; at++) {
      const application = await admin.send('POST', `${base}/applications`, {
        name: `app ${number(at)}`,
      })
      clientId = (application as { client_id: string }).client_id
    }
    return { client_id: clientId }
  } finally {
    await server.stop()
  }
}

const number = (at: number) => String(at).padStart(3, '0')
