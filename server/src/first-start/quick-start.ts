import { access, mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import {
  CertificateError,
  checkKeyMatches,
  createAuthority,
  describeCertificate,
  issueServerCertificate,
  type KeyedCertificate,
} from '@mooring/certs'
import { ConfigError, isServerHostname, type Environment } from '../config/config.ts'
import type { Clock, Instant } from '../platform/clock.ts'
import { syncDirectory, writeFileDurably } from '../platform/files.ts'
import type { Random } from '../platform/random.ts'
import { firstPorts, type FirstStartFlags } from './first-ports.ts'
import { certificateNames, hasIPv6, hostOf, isOwnAddress, type Network } from './host-names.ts'
import { initialConfig } from './initial-config.ts'

export type { FirstStartFlags } from './first-ports.ts'

export interface FirstStartInput {
  /** Absolute. */
  readonly dataDir: string
  /** Absolute. */
  readonly configDir: string
  readonly random: Random
  readonly clock: Clock
  readonly flags: FirstStartFlags
  readonly env: Environment
  readonly network: Network
}

/**
 * Makes an empty config directory one that a server can start from: an authority, a certificate
 * and config.yaml. That file is written last, so a power cut anywhere leaves either none, and all
 * of this runs again, or a complete set. Hold the lock of the data directory.
 * @returns whether this was the first start; nothing was touched otherwise.
 * @throws ConfigError when a flag is wrong, or when data is there whose keys are lost.
 */
export async function prepareFirstStart(input: FirstStartInput): Promise<{ created: boolean }> {
  const { dataDir, configDir, random, clock, flags, env, network } = input
  const configFile = join(configDir, 'config.yaml')
  if (await exists(configFile)) return { created: false }
  if (await exists(join(dataDir, 'mooring.db'))) throw lostConfig(configDir, dataDir)

  const { toWrite, httpsPort } = firstPorts(flags, env)
  const serverHostname = await chooseHostname(flags, httpsPort, network)
  const text = initialConfig({
    serverHostname,
    family: hasIPv6(network) ? 'dual-stack' : 'IPv4',
    secretKey: random.bytes(32).toString('base64url'),
    databaseSecretKey: random.bytes(32).toString('base64url'),
    ports: toWrite,
  })

  await makePrivateFolder(dataDir)
  await makePrivateFolder(configDir)
  await prepareCertificates(configDir, certificateNames(network, serverHostname), clock.now())
  await writeFileDurably(configFile, text, 0o600)
  return { created: true }
}

async function chooseHostname(
  { hostname }: FirstStartFlags,
  httpsPort: number | undefined,
  network: Network,
): Promise<string> {
  if (hostname !== undefined && !isServerHostname(hostname)) {
    const found = JSON.stringify(hostname)
    const expected = 'SERVER_HOSTNAME must be of type Hostname'
    throw new ConfigError([{ key: 'SERVER_HOSTNAME', source: 'flag --hostname', found, expected }])
  }
  const host = hostname ?? (await reachableName(network)) ?? 'localhost'
  const hasPort = host !== hostOf(host) && !host.endsWith(']')
  return hasPort || httpsPort === undefined || httpsPort === 443 ? host : `${host}:${httpsPort}`
}

/** The machine's own name, when a look-up leads back to this machine. */
async function reachableName(network: Network): Promise<string | undefined> {
  const name = network.hostname.toLowerCase()
  if (!isServerHostname(name)) return undefined
  const addresses = await network.resolve(name)
  return addresses.some((address) => isOwnAddress(network, address)) ? name : undefined
}

async function prepareCertificates(
  configDir: string,
  names: readonly string[],
  now: Instant,
): Promise<void> {
  const at = (name: string) => join(configDir, name)
  // Our own files begin with ca.key; a pair without it was put there by the administrator.
  const isOurs =
    (await exists(at('ca.key'))) || !(await hasUsablePair(at('ssl.cert'), at('ssl.key')))
  if (!isOurs) return

  let authority = await readAuthority(at('ca.crt'), at('ca.key'), now)
  if (authority === undefined) {
    authority = await createAuthority({ commonName: `Mooring CA ${hostOf(names[0] ?? '')}`, now })
    await writeFileDurably(at('ca.key'), authority.keyPem, 0o600)
    await writeFileDurably(at('ca.crt'), authority.certificatePem, 0o644)
  }
  const server = await issueServerCertificate({ authority, names, now })
  await writeFileDurably(at('ssl.key'), server.keyPem, 0o600)
  await writeFileDurably(at('ssl.cert'), server.certificatePem, 0o644)
}

/** The authority of an earlier attempt; clients may trust it already. */
async function readAuthority(
  certificateFile: string,
  keyFile: string,
  now: Instant,
): Promise<KeyedCertificate | undefined> {
  const pair = await readPair(certificateFile, keyFile)
  if (pair === undefined) return undefined
  const { isAuthority, notAfter } = describeCertificate(pair.certificatePem)
  return isAuthority && notAfter > now ? pair : undefined
}

async function hasUsablePair(certificateFile: string, keyFile: string): Promise<boolean> {
  return (await readPair(certificateFile, keyFile)) !== undefined
}

/** Certificate and key, when both are there and belong together. */
async function readPair(
  certificateFile: string,
  keyFile: string,
): Promise<KeyedCertificate | undefined> {
  try {
    const [certificatePem, keyPem] = await Promise.all([
      readFile(certificateFile, 'utf8'),
      readFile(keyFile, 'utf8'),
    ])
    return checkKeyMatches(certificatePem, keyPem) ? { certificatePem, keyPem } : undefined
  } catch (error) {
    if (isMissing(error) || error instanceof CertificateError) return undefined
    throw error
  }
}

async function makePrivateFolder(folder: string): Promise<void> {
  const firstMade = await mkdir(folder, { recursive: true, mode: 0o700 })
  if (firstMade !== undefined) await syncDirectory(dirname(firstMade))
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file)
    return true
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

function lostConfig(configDir: string, dataDir: string): ConfigError {
  return new ConfigError([
    {
      key: 'config.yaml',
      source: configDir,
      found: `no such file, although ${dataDir} holds a database`,
      expected: 'the config.yaml of that database, from a backup: its keys cannot be made anew',
    },
  ])
}
