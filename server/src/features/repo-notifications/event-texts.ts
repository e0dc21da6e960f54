import { listAt, textAt, type EventData, type RepoEvent } from './repo-event.ts'

/** A message is words and links; every method has a mark-up of its own for these. */
export type MessagePart = string | { readonly text: string; readonly url: string }

const buildVerbs = {
  build_queued: 'queued',
  build_start: 'started',
  build_success: 'succeeded',
  build_failure: 'failure',
  build_cancelled: 'cancelled',
} as const

const mirrorVerbs = {
  repo_mirror_sync_started: 'started',
  repo_mirror_sync_success: 'success',
  repo_mirror_sync_failed: 'failed',
} as const

/** One line: the subject of a mail. */
export function summaryOf(event: RepoEvent, data: EventData): string {
  const repository = textAt(data, 'repository')
  switch (event) {
    case 'repo_push':
      return `Repository ${repository} updated`
    case 'vulnerability_found':
      return vulnerabilitySummary(repository, data)
    case 'repo_image_expiry':
      return `Repository ${repository} image(s) expiring`
    case 'repo_mirror_sync_started':
    case 'repo_mirror_sync_success':
    case 'repo_mirror_sync_failed':
      return `Repository Mirror ${mirrorVerbs[event]} for ${textAt(data, 'message')}`
    default: {
      const id = textAt(data, 'build_id').slice(0, 7)
      return `Build ${buildVerbs[event]} for repository ${repository} ${id}`.trimEnd()
    }
  }
}

function vulnerabilitySummary(repository: string, data: EventData): string {
  const priority = textAt(data, 'vulnerability', 'priority')
  const found = data['vulnerabilities']
  if (Array.isArray(found) && found.length > 1) {
    return `1 ${priority} and ${String(found.length - 1)} more vulnerabilities were detected in repository ${repository}`
  }
  const count = String(listAt(data, 'tags').length)
  return `${priority} vulnerability detected in repository ${repository} in ${count} tags`
}

const longestList = 20

/** What happened, in a sentence or two. */
export function messageOf(
  event: RepoEvent,
  data: EventData,
  performer: string | null,
): readonly MessagePart[] {
  const repository = { text: textAt(data, 'repository'), url: textAt(data, 'homepage') }
  const by = performer === null ? '' : ` by ${performer}`
  switch (event) {
    case 'repo_push':
      return ['Repository ', repository, ` was updated${by}${tagsIn(data, 'updated_tags')}.`]
    case 'vulnerability_found': {
      const id = textAt(data, 'vulnerability', 'id')
      const link = textAt(data, 'vulnerability', 'link')
      const priority = textAt(data, 'vulnerability', 'priority')
      return [
        `A ${priority} vulnerability (`,
        link === '' ? id : { text: id, url: link },
        ') was detected in repository ',
        repository,
        `${tagsIn(data, 'tags')}.`,
      ]
    }
    case 'repo_image_expiry':
      return [
        `Images expire within ${textAt(data, 'expiring_in')} in repository `,
        repository,
        `${tagsIn(data, 'tags')}.`,
      ]
    case 'repo_mirror_sync_started':
    case 'repo_mirror_sync_success':
    case 'repo_mirror_sync_failed':
      return [`${summaryOf(event, data)} (repository `, repository, ').']
    default: {
      const error = textAt(data, 'error_message')
      return [
        `Build ${buildVerbs[event]} for repository `,
        repository,
        `${tagsIn(data, 'docker_tags')}.${error === '' ? '' : ` ${error}`}`,
      ]
    }
  }
}

function tagsIn(data: EventData, key: string): string {
  const tags = listAt(data, key)
  if (tags.length === 0) return ''
  const more = tags.length > longestList ? ` and ${String(tags.length - longestList)} more` : ''
  return `; tags: ${tags.slice(0, longestList).join(', ')}${more}`
}

export function asPlain(parts: readonly MessagePart[]): string {
  return parts.map((part) => (typeof part === 'string' ? part : part.text)).join('')
}

/** https://api.slack.com/reference/surfaces/formatting#escaping */
export function asSlack(parts: readonly MessagePart[]): string {
  return parts
    .map((part) =>
      typeof part === 'string'
        ? escapeMarkup(part)
        : `<${escapeMarkup(part.url)}|${escapeMarkup(part.text)}>`,
    )
    .join('')
}

export function asHtml(parts: readonly MessagePart[]): string {
  return parts
    .map((part) =>
      typeof part === 'string'
        ? escapeMarkup(part)
        : `<a href="${escapeMarkup(part.url).replaceAll('"', '&quot;')}">${escapeMarkup(part.text)}</a>`,
    )
    .join('')
}

function escapeMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
