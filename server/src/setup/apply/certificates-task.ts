import { readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { describeCertificate, issueServerCertificate, type KeyedCertificate } from '@mooring/certs'
import { writeFileDurably } from '../../platform/files.ts'
import { certificateNamesOf } from '../registry-address.ts'
import { requireSigningRequest } from '../signing-request.ts'
import type { RevealedValues } from '../step.ts'
import { issueTemporary } from '../temporary-certificate.ts'
import {
  companyAuthority,
  ownAuthority,
  readFinished,
  writePair,
  type FinishedPair,
} from './authority.ts'
import type { Task, TaskContext } from './task.ts'

/** As long as all clients accept one: who signs it may take weeks. */
const temporaryDays = 397

export const certificatesTask: Task = {
  id: 'certificates',
  step: 'certificates',
  failure: 'MOOR-SET-033',
  async run(context) {
    const { values, configDir, clock, remember } = context
    const { certificates } = values
    const { kind } = certificates
    const at = (name: string) => path.join(configDir, name)
    // What a server of this setup made of an earlier certificate is worth nothing now.
    await removeHistory(at('certificates'), kind === 'request' ? ['request.json'] : [])
    const keyToTake = 'authorityKey' in certificates && certificates.authorityKey.kind === 'offline'
    await remember({ keyToTake })

    if (kind === 'finished' || kind === 'request') {
      const pair =
        kind === 'finished'
          ? await readFinished(certificates.server)
          : await temporaryPair(context, certificates)
      await rm(at('ca.key'), { force: true })
      if (pair.authority === undefined) await rm(at('ca.crt'), { force: true })
      else await writeFileDurably(at('ca.crt'), pair.authority, 0o644)
      await writePair(configDir, 'ssl', pair)
      return describe(pair)
    }
    const authority =
      kind === 'create'
        ? await ownAuthority(context, certificates)
        : await companyAuthority(context, certificates)
    const pair = await issueServerCertificate({
      authority,
      names: certificateNamesOf(values),
      now: clock.now(),
      lifeDays: certificates.serverDays,
      keyType: certificates.keyType,
    })
    await writePair(configDir, 'ssl', pair)
    return keyToTake
      ? `${describe(pair)}; the key of the authority waits in ca.key, encrypted, to be taken away`
      : describe(pair)
  },
}

async function removeHistory(folder: string, kept: readonly string[]): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (!kept.includes(name)) await rm(path.join(folder, name), { recursive: true, force: true })
  }
}

/** What is served until the signing request is answered. */
async function temporaryPair(
  context: TaskContext,
  wish: Extract<RevealedValues['certificates'], { kind: 'request' }>,
): Promise<FinishedPair> {
  const { values, clock } = context
  await requireSigningRequest(wish, values, context)
  const names = certificateNamesOf(values)
  const about = { title: 'Mooring temporary', lifeDays: temporaryDays, keyType: wish.keyType }
  return { ...(await issueTemporary({ ...about, names, now: clock.now() })), authority: undefined }
}

function describe({ certificatePem }: KeyedCertificate): string {
  const { names, notAfter } = describeCertificate(certificatePem)
  return `${names.join(', ')}; until ${new Date(notAfter).toISOString()}`
}
