import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { clientToolsFolder, provideClientTools } from '../../client-tools.ts'
import { alternate, type BenchContext, type Work } from '../context.ts'
import { stockForMirror } from '../mirror-content.ts'
import { namespace, password, type Peer } from '../peers.ts'
import { signIn } from '../scale/session.ts'
import { ratioAtLeast } from '../table.ts'
import { sizeText } from '../wording.ts'

const run = promisify(execFile)
const megabyte = 2 ** 20
const root = join(import.meta.dirname, '../../..')

type Copy = (context: BenchContext, peer: Peer, upstream: string, name: string) => Promise<number>

const rivals: readonly { program: string; goal: number; copy: Copy }[] = [
  { program: 'skopeo sync', goal: 2, copy: skopeoSync },
  { program: 'crane copy', goal: 1.2, copy: craneCopy },
]

/** Brings everything that a repository of Distribution holds into a Mooring that is empty, but warm. */
export const mirrors: Work = {
  key: 'mirror',
  async run(context) {
    const { origins } = context.peers.distribution
    for (const line of await provideClientTools(root)) context.progress(line)
    const stock = async (name: string, shape: { tags: number; megabyte: number }) => {
      const repository = `bench/${name}`
      const authorization = await context.peers.distribution.authorization(repository)
      const target = { origin: origins.http, repository, authorization, signal: context.signal }
      return stockForMirror(target, context.folder, shape)
    }
    await stock('warm', { tags: 2, megabyte: 4096 })
    const small = context.scale < 1
    const shape = small ? { tags: 6, megabyte: megabyte / 8 } : { tags: 20, megabyte }
    const { tags, bytes } = await stock('whole', shape)
    const findings = []
    for (const { program, goal, copy } of rivals) {
      const { first, second } = await alternate(
        context,
        `mirror and ${program}`,
        () => intoEmpty(context, bytes, mirror),
        () => intoEmpty(context, bytes, copy),
      )
      findings.push({
        work: `mirror of ${tags} images, ${sizeText(bytes)}, beside ${program}`,
        unit: 'MB/s',
        mooring: first,
        other: second,
        goal: ratioAtLeast(goal),
      })
    }
    return findings
  },
}

/** Megabytes a second. That the server starts, and does for the first time what it is for, is left out. */
async function intoEmpty(context: BenchContext, bytes: number, copy: Copy): Promise<number> {
  const upstream = new URL(context.peers.distribution.origins.http).host
  const peer = await context.startMooring({
    settings: { FEATURE_REPO_MIRROR: true, SSRF_ALLOWED_HOSTS: ['127.0.0.1'] },
  })
  try {
    await copy(context, peer, upstream, 'warm')
    return bytes / 1e6 / (await copy(context, peer, upstream, 'whole'))
  } finally {
    await peer.stop()
  }
}

async function mirror(
  _context: BenchContext,
  peer: Peer,
  upstream: string,
  name: string,
): Promise<number> {
  const session = await signIn(peer.origins.http, namespace, password)
  await session.send('PUT', `/api/v1/user/robots/${name}`, {})
  const created = { namespace, repository: name, visibility: 'private', description: '' }
  await session.send('POST', '/api/v1/repository', created)
  const path = `/api/v1/repository/${namespace}/${name}/mirror`
  await session.send('POST', path, {
    external_reference: `${upstream}/bench/${name}`,
    external_registry_config: { verify_tls: false },
    ...{ sync_interval: 86_400, sync_start_date: '2100-01-01T00:00:00Z' },
    root_rule: { rule_kind: 'tag_glob_csv', rule_value: ['*'] },
    ...{ skopeo_timeout_interval: 300, robot_username: `${namespace}+${name}` },
  })
  // Told by the server: to ask again and again would cost it, or be late.
  const events = await session.events('jobs')
  return timed(async () => {
    await session.send('POST', `${path}/sync-now`, {})
    for await (const event of events) {
      const { id, progress } = event as { id?: string; progress?: { state: string } }
      if (id !== `${namespace}/${name}` || progress === undefined) continue
      if (progress.state === 'running') continue
      if (progress.state === 'done') return
      throw new Error('the mirror failed; its log says why')
    }
  })
}

function skopeoSync(
  { signal }: BenchContext,
  peer: Peer,
  upstream: string,
  name: string,
): Promise<number> {
  const to = `${new URL(peer.origins.http).host}/${namespace}`
  const args = ['--insecure-policy', 'sync', '--all', '--src', 'docker', '--dest', 'docker']
  args.push('--src-tls-verify=false', '--dest-tls-verify=false', '--src-no-creds')
  args.push('--dest-creds', `${namespace}:${password}`, `${upstream}/bench/${name}`, to)
  return timed(() => run('skopeo', args, { signal, maxBuffer: 1 << 24 }))
}

async function craneCopy(
  { folder, signal }: BenchContext,
  peer: Peer,
  upstream: string,
  name: string,
): Promise<number> {
  const host = new URL(peer.origins.http).host
  const home = join(folder, 'crane')
  await mkdir(home, { recursive: true })
  const auth = Buffer.from(`${namespace}:${password}`).toString('base64')
  await writeFile(join(home, 'config.json'), JSON.stringify({ auths: { [host]: { auth } } }))
  const tools = clientToolsFolder(root)
  const PATH = `${tools}:${process.env['PATH'] ?? ''}`
  const env = { ...process.env, PATH, DOCKER_CONFIG: home }
  const [from, to] = [`${upstream}/bench/${name}`, `${host}/${namespace}/${name}`]
  const args = ['copy', '--insecure', '--all-tags', from, to]
  return timed(() => run(join(tools, 'crane'), args, { signal, env, maxBuffer: 1 << 24 }))
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1000
}
