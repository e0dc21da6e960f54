import {
  checkRepoEmailAuthorized,
  confirmRepoEmail,
  sendAuthorizeRepoEmail,
} from '../../contract/repo-emails.ts'
import { Problem } from '../../problem.ts'
import { reply, route, type ApiRoute } from '../api/api-call.ts'
import type { RepositoryRow } from '../repositories/repository-store.ts'
import { subjectOf } from '../repositories/repository-subject.ts'
import type { RepoEmailService } from './repo-email-service.ts'
import type { RepoEmailRow } from './repo-email-store.ts'

export function repoEmailApi({
  emails,
  page,
}: {
  emails: RepoEmailService
  page: (title: string, message: string) => { html: string; headers: Record<string, string> }
}): readonly ApiRoute[] {
  return [
    route(
      checkRepoEmailAuthorized,
      async ({ repository, params }) => {
        const found = await emails.find(repository, params.email)
        if (found === undefined) throw new Problem('not-found')
        return present(repository, found)
      },
      { plain: ['not-found'] },
    ),

    route(sendAuthorizeRepoEmail, async ({ repository, params }) =>
      present(repository, await emails.request(repository, params.email)),
    ),

    route(confirmRepoEmail, async ({ query }) => {
      const repository = await emails.confirm(query.code ?? '')
      if (repository === undefined) {
        const message = 'The link is unknown or too old. Ask for another mail.'
        const { html, headers } = page('Not confirmed', message)
        return reply(403, html, headers)
      }
      const message = `This e-mail address may be told about the repository ${repository} from now on.`
      const { html, headers } = page('Confirmed', message)
      return reply(200, html, headers)
    }),
  ]
}

function present(repository: RepositoryRow, { email, confirmed }: RepoEmailRow) {
  const { namespace, repo } = subjectOf(repository).about
  return { email, repository: repo, namespace, confirmed: confirmed === 1 }
}
