import { createHash } from 'node:crypto'

import type { Config } from '../../config/config.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { Problem } from '../../problem.ts'
import { requireEmail } from '../accounts/account-names.ts'
import type { MailService } from '../mail/mail-service.ts'
import type { RepositoryRow } from '../repositories/repository-store.ts'
import { subjectOf } from '../repositories/repository-subject.ts'
import { repoEmailStore, type RepoEmailRow } from './repo-email-store.ts'

export type RepoEmailService = ReturnType<typeof createRepoEmails>

const codeBytes = 32
const codeLifeMs = 7 * 24 * 3_600_000
/** How soon the same address is asked again about the same repository. */
const mailEveryMs = 60_000
const mostMailsADay = 100
const dayMs = 24 * 3_600_000

/** Addresses that agree to be told about a repository (api-shapes, 20.3). */
export function createRepoEmails({
  db,
  clock,
  random,
  mail,
  config,
}: {
  db: Db
  clock: Clock
  random: Random
  mail: Pick<MailService, 'send'>
  config: Pick<Config, 'serverHostname' | 'urlScheme' | 'interface'>
}) {
  const emails = repoEmailStore(db)

  return {
    find: ({ id }: RepositoryRow, email: string): Promise<RepoEmailRow | undefined> =>
      emails.find(id, email),

    /** Mails a link, unless the address has agreed. @throws Problem `email-invalid`, `mail-failed` */
    async request(repository: RepositoryRow, email: string): Promise<RepoEmailRow> {
      requireEmail(email)
      const now = clock.now()
      const known = await emails.find(repository.id, email)
      if (known?.confirmed === 1) return known
      if (known !== undefined && known.sent_at > now - mailEveryMs) return known
      if ((await emails.countSince(repository.id, now - dayMs)) >= mostMailsADay) {
        throw new Problem('request-invalid', {
          message: 'Too many e-mail addresses were asked today. Try again tomorrow.',
        })
      }
      const code = random.bytes(codeBytes).toString('base64url')
      const row = await db.transaction().execute(async (tx) => {
        await repoEmailStore(tx).removeUnconfirmed(repository.id, now - codeLifeMs)
        return repoEmailStore(tx).put({
          ...{ repository_id: repository.id, email, code_digest: digestOf(code) },
          ...{ confirmed: 0, sent_at: now },
        })
      })
      const { namespace, repo } = subjectOf(repository).about
      const name = `${namespace}/${repo}`
      const link = `${config.urlScheme}://${config.serverHostname}/authrepoemail?code=${code}`
      await mail.send({
        to: email,
        subject: `Please verify your e-mail address for repository ${name}`,
        text: `Somebody wants this e-mail address to be told about the repository ${name} at ${config.interface.title}.\n\nTo agree, open\n${link}\n\nIf you do not want that, you can ignore this mail.`,
      })
      return row
    },

    /** @returns the full name of the repository; undefined for a code that is unknown or too old. */
    confirm: (code: string): Promise<string | undefined> =>
      emails.confirm(digestOf(code), clock.now() - codeLifeMs),
  }
}

const digestOf = (code: string) => createHash('sha256').update(code).digest('hex')
