import { readFileSync, writeFileSync } from 'node:fs'
import { spawnServer } from './child-server.ts'
import { runProgram } from './cli.ts'
import type { PrivateNetwork } from './private-network.ts'
import { findProgram, programPath } from './programs.ts'
import { createRegistryClient, type RegistryClient } from './registry-client.ts'
import { createTemporaryFolder } from './temporary.ts'
import { until } from './until.ts'

export interface PeerRegistry extends AsyncDisposable {
  readonly url: string
  /** `host:port`, as it stands in front of an image name. */
  readonly host: string
  readonly caFile: string
  readonly username: string
  readonly password: string
  client(): RegistryClient
  stop(): Promise<void>
}

const password = 'peer-password'
// bcrypt of the password above, at the lowest cost: the peer holds nothing worth more.
const passwordHash = '$2b$04$abcdefghijklmnopqrstuujzZqd.y3uE7oglXDjhq7ROXXSj/JUtK'

export interface PeerRegistryOptions {
  /** HTTP instead of HTTPS. */
  readonly plain?: boolean
  /** Where it runs instead of here. */
  readonly network?: Pick<PrivateNetwork, 'enter'>
}

/** Distribution, the reference registry, with TLS and one account: the other end of a copy. */
export async function startPeerRegistry({
  plain = false,
  network,
}: PeerRegistryOptions = {}): Promise<PeerRegistry> {
  const program = findProgram('docker-registry')
  if (program === undefined) throw new Error('docker-registry is not installed')
  const folder = createTemporaryFolder('peer')
  const caFile = folder.join('ca.crt')
  await createCertificate(caFile, folder.join('server.key'))
  writeFileSync(folder.join('htpasswd'), `peer:${passwordHash}\n`)
  writeFileSync(
    folder.join('config.yml'),
    JSON.stringify({
      version: 0.1,
      log: { level: 'info', accesslog: { disabled: true } },
      storage: {
        filesystem: { rootdirectory: folder.join('data') },
        delete: { enabled: true },
      },
      http: {
        addr: '127.0.0.1:0',
        ...(!plain && { tls: { certificate: caFile, key: folder.join('server.key') } }),
      },
      auth: { htpasswd: { realm: 'peer', path: folder.join('htpasswd') } },
    }),
  )
  const [first, ...rest] = [...(network?.enter(folder.path) ?? []), program]
  const child = spawnServer(first, [...rest, 'serve', folder.join('config.yml')], {
    env: { PATH: programPath, OTEL_TRACES_EXPORTER: 'none' },
    cwd: folder.path,
  })
  const stop = async () => {
    await child.stop()
    await folder.remove()
  }
  try {
    const host = await until('the peer registry to listen', () => {
      if (child.hasExited()) throw new Error(`the peer ended at its start\n${child.output()}`)
      return /listening on (127\.0\.0\.1:\d+)/.exec(child.output())?.[1]
    })
    const url = `${plain ? 'http' : 'https'}://${host}`
    return {
      url,
      host,
      caFile,
      username: 'peer',
      password,
      client: () =>
        createRegistryClient({
          baseUrl: url,
          ca: readFileSync(caFile),
          username: 'peer',
          password,
        }),
      stop,
      [Symbol.asyncDispose]: stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function createCertificate(certificate: string, key: string): Promise<void> {
  const openssl = findProgram('openssl') ?? 'openssl'
  const request = ['req', '-x509', '-nodes', '-days', '2', '-subj', '/CN=peer']
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
  const names = ['-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost']
  await runProgram(openssl, [...request, ...curve, ...names, '-keyout', key, '-out', certificate], {
    env: {},
  })
}
