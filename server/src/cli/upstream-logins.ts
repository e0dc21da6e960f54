import { readFile } from 'node:fs/promises'
import { z } from 'zod'

import type { BundleUpstream } from '../contract/mooring-bundle-values.ts'
import { CommandError } from './command-error.ts'

type Login = z.output<typeof BundleUpstream>

const AuthFile = z.object({
  auths: z.record(
    z.string(),
    z.object({
      auth: z.string().optional(),
      username: z.string().optional(),
      password: z.string().optional(),
      identitytoken: z.string().optional(),
    }),
  ),
})

/** How other registries are reached: from the file that `docker login` and `podman login` write. */
export async function readLogins({
  authfile,
  insecure = [],
  plainHttp = [],
}: {
  readonly authfile?: string | undefined
  readonly insecure?: readonly string[] | undefined
  readonly plainHttp?: readonly string[] | undefined
}): Promise<readonly Login[]> {
  const logins = new Map<string, Login>()
  const change = (host: string, facts: Partial<Login>) =>
    logins.set(host, { host, ...logins.get(host), ...facts })
  if (authfile !== undefined) {
    for (const [host, credentials] of await readAuthFile(authfile)) change(host, credentials)
  }
  for (const host of insecure) change(host.toLowerCase(), { verify_tls: false })
  for (const host of plainHttp) change(host.toLowerCase(), { plain_http: true })
  return [...logins.values()]
}

async function readAuthFile(file: string) {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new CommandError(`${file} cannot be read: ${String(error)}`)
  })
  const parsed = AuthFile.safeParse(parseJson(text))
  // What is wrong with it is not told: it holds passwords.
  if (!parsed.success) throw new CommandError(`${file} is no file of docker or podman login`)
  return Object.entries(parsed.data.auths).flatMap(([key, { auth, username, password }]) => {
    const [first = '', ...rest] = Buffer.from(auth ?? '', 'base64')
      .toString('utf8')
      .split(':')
    const name = username ?? first
    const secret = password ?? rest.join(':')
    if (name === '' || secret === '') return []
    return [[hostOf(key), { username: name, password: secret }] as const]
  })
}

/** `https://index.docker.io/v1/` is how docker calls its own. */
function hostOf(key: string): string {
  const [host = ''] = key.replace(/^https?:\/\//, '').split('/', 1)
  return host === 'index.docker.io' ? 'docker.io' : host.toLowerCase()
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
