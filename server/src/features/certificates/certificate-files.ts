import { access, constants, mkdir, readFile, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { CertificateError, checkKeyMatches, type KeyedCertificate } from '@mooring/certs'
import { syncDirectory, writeFileDurably } from '../../platform/files.ts'
import { CertificateFault } from './certificate-codes.ts'

/**
 * Where everything about the certificates of a server lies. `ssl.*` and `ca.*` are the names of Quay's
 * configuration bundle; the folder beside them is the memory of the server:
 *
 *     ssl.cert ssl.key     what is served: copies of the current entry
 *     ca.crt ca.key        the authority; without its key it is offline
 *     certificates/
 *       state.json         names the current entry; its rename is the moment of every change
 *       <entry>/           ssl.cert, ssl.key, about.json; never changed
 *       passphrase.json    of ca.key, sealed, where renewal shall need nobody
 *       request.json       a signing request that waits, with its key
 *       rollover/          the other authority while one replaces the other: new.crt, new.key,
 *                          cross.crt until the switch, old.crt and cross.crt after it
 *       change-*.json      what is not in the action log yet (change-journal.ts)
 *       ..lock ..telling
 */
export function certificatePaths(configDir: string) {
  const folder = path.join(configDir, 'certificates')
  const at = (name: string) => path.join(configDir, name)
  const within = (...names: string[]) => path.join(folder, ...names)
  return {
    folder,
    certificate: at('ssl.cert'),
    key: at('ssl.key'),
    authority: at('ca.crt'),
    authorityKey: at('ca.key'),
    state: within('state.json'),
    // Two dots: backups leave it out, and closing what they read would end the lock.
    lock: within('..lock'),
    telling: within('..telling'),
    request: within('request.json'),
    passphrase: within('passphrase.json'),
    rollover: within('rollover'),
    newAuthority: within('rollover', 'new.crt'),
    newAuthorityKey: within('rollover', 'new.key'),
    oldAuthority: within('rollover', 'old.crt'),
    crossSigned: within('rollover', 'cross.crt'),
    entry: (id: string) => within(id),
  }
}

export type CertificatePaths = ReturnType<typeof certificatePaths>

export const keyMode = 0o600
export const certificateMode = 0o644

export async function readOptional(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error
  }
}

/** Certificate and key, when both are there and belong together. */
export async function readPair(
  certificateFile: string,
  keyFile: string,
): Promise<KeyedCertificate | undefined> {
  const [certificatePem, keyPem] = await Promise.all([
    readOptional(certificateFile),
    readOptional(keyFile),
  ])
  if (certificatePem === undefined || keyPem === undefined) return undefined
  try {
    return checkKeyMatches(certificatePem, keyPem) ? { certificatePem, keyPem } : undefined
  } catch (error) {
    if (error instanceof CertificateError) return undefined
    throw error
  }
}

/** Leaves what already has this content alone. */
export async function writeWhenDifferent(file: string, content: string, mode: number) {
  if ((await readOptional(file)) !== content) await writeFileDurably(file, content, mode)
}

/** A new folder that is there with all its files, or not at all. */
export async function writeFolderDurably(
  folder: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  const neighbour = `${folder}.part`
  await rm(neighbour, { recursive: true, force: true })
  await mkdir(neighbour, { mode: 0o700 })
  for (const [name, content] of Object.entries(files)) {
    await writeFileDurably(path.join(neighbour, name), content, keyMode)
  }
  await rename(neighbour, folder)
  await syncDirectory(path.dirname(folder))
}

export async function removeDurably(target: string): Promise<void> {
  await rm(target, { recursive: true, force: true })
  await syncDirectory(path.dirname(target)).catch((error: unknown) => {
    if (!isCode(error, 'ENOENT')) throw error
  })
}

/** Not `recursive`, which hides why a file system refuses. */
export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
    if (!isCode(error, 'EEXIST')) throw error
  })
}

/** What shows that somebody wrote one of the files. */
export async function versionOf(files: readonly string[]): Promise<string> {
  const facts = await Promise.all(files.map((file) => stat(file).catch(() => undefined)))
  return facts
    .map((one) => (one === undefined ? '-' : `${one.ino} ${one.size} ${one.mtimeMs}`))
    .join('\n')
}

export async function isWritable(folder: string): Promise<boolean> {
  return access(folder, constants.W_OK).then(
    () => true,
    () => false,
  )
}

/** Turns the refusal of a file system that may only be read into advice. */
export async function writing<T>(configDir: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (isReadOnly(error)) {
      throw new CertificateFault('folder-read-only', { folder: configDir }, { cause: error })
    }
    throw error
  }
}

export function isReadOnly(error: unknown): boolean {
  return isCode(error, 'EROFS', 'EACCES', 'EPERM') || isCode(error, 'SQLITE_CANTOPEN')
}

function isCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}
