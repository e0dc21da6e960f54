import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { certificatesIn, checkKeyMatches, describeCertificate } from '@mooring/certs'
import { ConfigError, readConfig, type Config, type Environment } from '../config/config.ts'
import type { TestLine } from '../contract/setup.ts'
import { hostOf, type Network } from '../first-start/host-names.ts'
import type { Random } from '../platform/random.ts'
import { readReleaseTime } from '../platform/version.ts'
import { probeExtraAuthorities } from './authorities-probe.ts'
import { probeBackups } from './backup-probe.ts'
import { probeCertificate } from './certificate-probe.ts'
import { probeClock } from './clock-probe.ts'
import type { RunCommand } from './command.ts'
import type { HostRoot } from './host-files.ts'
import { probeListener } from './listener-probe.ts'
import { probeUmask } from './machine-probe.ts'
import { probeName, type NameLookup } from './name-probe.ts'
import { probePermissions } from './permission-probe.ts'
import { probePort } from './port-probe.ts'
import { probePostgresql } from './postgresql-probe.ts'
import { fine, probing, reasonOf, wrong, type ProbeContext } from './probe.ts'
import { probeBucket } from './s3-probe.ts'
import { probeSelinux } from './security-probe.ts'
import { probeSpace } from './space-probe.ts'
import { probeSqlite } from './sqlite-probe.ts'

export interface Patient {
  readonly dataDir: string
  readonly configDir: string
  readonly env: Environment
  readonly network: Network
  readonly names: NameLookup
  readonly run: RunCommand
  readonly random: Random
  readonly root: HostRoot
  readonly zone: string
  /** Of this process, which need not be the server's. */
  readonly userId: number
}

/** What commonly goes wrong on the machine of a registry that was set up, each with its repair. */
export async function* examine(patient: Patient, context: ProbeContext): AsyncGenerator<TestLine> {
  const { run, root, zone, dataDir } = patient
  const { lines, config } = await loadSettings(patient, context)
  yield* lines
  yield* probeClock({ run, root, zone, releasedAt: readReleaseTime() }, context)
  if (config === undefined) return

  const processId = await findServer(dataDir)
  yield* probing(context, 'server', 'Looking for the server', () =>
    processId === undefined
      ? fine('The server does not run; what it needs is looked at all the same')
      : fine(`The server runs as process ${processId}`, { processId }),
  )
  const addresses = patient.network.addresses
  const name = hostOf(config.serverHostname)
  yield* probeName({ name, addresses, names: patient.names }, context)
  const certificate = await readCertificate(config)
  yield* examineListeners(patient, config, { processId, certificate }, context)
  yield* examineCertificate(config, certificate, context)
  yield* probeExtraAuthorities(config, context)
  yield* examineFiles(patient, config, context)
  yield* examineBucket(patient, config, context)
  const { database } = config
  yield* database.kind === 'sqlite'
    ? probeSqlite(database, context)
    : probePostgresql(database, context)
  if (processId !== undefined) yield* probeUmask({ root, processId }, context)
  yield* probeSelinux({ root, run, dataDir }, context)
  if (config.backups !== undefined) yield* probeBackups({ ...config.backups, dataDir }, context)
}

async function loadSettings(patient: Patient, context: ProbeContext) {
  const { configDir } = patient
  let config: Config | undefined
  const probe = probing(context, 'config', 'Reading config.yaml', async () => {
    try {
      config = await readConfig({ ...patient, flags: {} })
      return fine('config.yaml is right', { path: configDir })
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      const isMissing = error.problems.some(({ key }) => key === 'config.yaml')
      if (isMissing) return wrong('MOOR-CFG-101', { path: configDir })
      const reason = error.problems.map(({ key, expected }) => `${key} ${expected}`).join('; ')
      return wrong('MOOR-CFG-100', { path: configDir, reason })
    }
  })
  const lines: TestLine[] = []
  for await (const line of probe) lines.push(line)
  return { lines, config }
}

/** The server that holds the data directory; a number that nobody has any more is none. */
async function findServer(dataDir: string): Promise<number | undefined> {
  const text = await readFile(path.join(dataDir, 'mooring.pid'), 'utf8').catch(() => '')
  const processId = Number(text)
  if (!Number.isInteger(processId) || processId < 1) return undefined
  try {
    process.kill(processId, 0)
    return processId
  } catch (error) {
    const isAnothers = error instanceof Error && 'code' in error && error.code === 'EPERM'
    return isAnothers ? processId : undefined
  }
}

async function readCertificate({ tls }: Config): Promise<string | undefined> {
  if (tls === undefined) return undefined
  return readFile(tls.certificateFile, 'utf8').catch(() => undefined)
}

async function* examineListeners(
  { network }: Patient,
  { listen, tls, configDir }: Config,
  found: { readonly processId: number | undefined; readonly certificate: string | undefined },
  context: ProbeContext,
): AsyncGenerator<TestLine> {
  const { host, family, httpPort, httpsPort } = listen
  const port = tls === undefined ? httpPort : httpsPort
  // The system picks such a port anew each time.
  if (port === 0) return
  if (found.processId === undefined) {
    const ports = tls === undefined ? [httpPort] : [httpsPort, httpPort]
    for (const one of ports) {
      yield* probePort({ port: one, host: host ?? null, family, ownPorts: [] }, context)
    }
    return
  }
  const reachable = network.addresses
    .filter((one) => family === 'dual-stack' || one.family === family)
    .filter(({ address }) => !/^fe[89ab][0-9a-f]:/i.test(address))
    .map(({ address }) => address)
  const certificateFile = tls?.certificateFile ?? configDir
  const { certificate } = found
  for (const address of new Set(host === undefined ? reachable : [host])) {
    const about = { address, port, certificateFile }
    yield* probeListener({ ...about, ...(certificate !== undefined && { certificate }) }, context)
  }
}

async function* examineCertificate(
  { configDir, tls, externalTls, serverHostname }: Config,
  served: string | undefined,
  context: ProbeContext,
): AsyncGenerator<TestLine> {
  if (tls === undefined || served === undefined) {
    yield* probing(context, 'certificate', 'Looking for the certificate', () =>
      externalTls
        ? fine('TLS ends in front of this server')
        : wrong('MOOR-TLS-202', { path: configDir }),
    )
    return
  }
  const authority = await readFile(path.join(configDir, 'ca.crt'), 'latin1').catch(() => undefined)
  try {
    const [certificate = '', ...chain] = certificatesIn(served)
    const keyPem = await readFile(tls.keyFile, 'utf8')
    checkKeyMatches(certificate, keyPem)
    const top = chain.findLast((pem) => describeCertificate(pem).isAuthority)
    const sent = top === undefined ? undefined : [top]
    const trust = authority === undefined ? sent : certificatesIn(authority)
    const names = [hostOf(serverHostname)]
    const about = { certificate, chain, keyPem, names }
    yield* probeCertificate({ ...about, ...(trust !== undefined && { trust }) }, context)
  } catch (error) {
    yield* probing(context, 'certificate', 'Reading the certificate', () =>
      wrong('MOOR-TLS-201', { reason: reasonOf(error) }),
    )
  }
}

async function* examineFiles(
  { userId, dataDir, configDir }: Patient,
  { database, storage, tls }: Config,
  context: ProbeContext,
): AsyncGenerator<TestLine> {
  const owner = process.platform === 'win32' ? -1 : await ownerOf(dataDir)
  const secret = { isSecret: true, mayBeMissing: true, owner, userId }
  const must = { ...secret, mayBeMissing: false }
  yield* probePermissions({ ...must, path: dataDir, isSecret: false }, context)
  yield* probePermissions({ ...must, path: path.join(configDir, 'config.yaml') }, context)
  if (tls !== undefined) yield* probePermissions({ ...must, path: tls.keyFile }, context)
  yield* probePermissions({ ...secret, path: path.join(configDir, 'ca.key') }, context)
  yield* probePermissions({ ...secret, path: path.join(dataDir, 'setup-secrets') }, context)
  const content = storage.kind === 'disk' ? storage.path : storage.stagingPath
  yield* probePermissions({ ...must, path: content, isSecret: false }, context)
  const folders = [dataDir, content]
  if (database.kind === 'sqlite') {
    yield* probePermissions({ ...must, path: database.file, isSecret: false }, context)
    folders.push(path.dirname(database.file))
  }
  for (const folder of await onTheirOwnDisks(folders)) yield* probeSpace({ folder }, context)
}

async function* examineBucket(
  { random }: Patient,
  { storage }: Config,
  context: ProbeContext,
): AsyncGenerator<TestLine> {
  if (storage.kind !== 's3') return
  const { endpoint, region, bucket, prefix, credentials } = storage
  const keys = credentials && {
    accessKeyId: credentials.accessKeyId,
    secretAccessKey: credentials.secretAccessKey.reveal(),
    ...(credentials.sessionToken && { sessionToken: credentials.sessionToken.reveal() }),
  }
  const pathStyle = endpoint !== undefined
  yield* probeBucket(
    { endpoint, region, bucket, prefix, pathStyle, credentials: keys, ca: [], random },
    context,
  )
}

async function ownerOf(folder: string): Promise<number> {
  return stat(folder).then(
    ({ uid }) => uid,
    () => -1,
  )
}

/** One folder of each disk is enough. */
async function onTheirOwnDisks(folders: readonly string[]): Promise<readonly string[]> {
  const seen = new Map<number, string>()
  for (const folder of folders) {
    const device = await stat(folder).then(
      ({ dev }) => dev,
      () => -1,
    )
    if (!seen.has(device)) seen.set(device, folder)
  }
  return [...seen.values()]
}
