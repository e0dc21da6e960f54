import { priorities, type EventData, type RepoEvent } from './repo-event.ts'
import { levelWanted } from './event-config.ts'

const trigger = {
  trigger_id: '1245634',
  trigger_kind: 'github',
  trigger_metadata: {
    default_branch: 'master',
    ref: 'refs/heads/somebranch',
    commit: '42d4a62c53350993ea41069e9f2cfdefb0df097d',
    git_url: 'git@git.example.com:sample/sample.git',
    commit_info: {
      url: 'https://git.example.com/sample/sample/commit/42d4a62c53350993ea41069e9f2cfdefb0df097d',
      message: 'A sample commit',
      date: '2026-01-01T00:00:00Z',
      author: {
        username: 'sample',
        url: 'https://git.example.com/sample',
        avatar_url: 'https://git.example.com/sample.png',
      },
    },
  },
} as const

const buildId = '296ec063-5f86-4706-a469-f0a400bf9df2'

/** An example of an event, which passes the filter of the notification. */
export function sampleOf(
  event: RepoEvent,
  base: EventData,
  { uuid, eventConfig }: { readonly uuid: string; readonly eventConfig: EventData },
): EventData {
  switch (event) {
    case 'repo_push':
      return { ...base, updated_tags: ['latest', 'foo'] }
    case 'vulnerability_found':
      return {
        ...base,
        tags: ['latest', 'prod', 'foo', 'bar'],
        vulnerability: {
          id: 'CVE-1234-5678',
          description: 'This is a bad vulnerability',
          link: 'https://advisories.example/CVE-1234-5678',
          priority: priorities[levelWanted(eventConfig) ?? 0] ?? 'Critical',
          has_fix: true,
        },
      }
    case 'repo_mirror_sync_started':
    case 'repo_mirror_sync_success':
    case 'repo_mirror_sync_failed':
      return { ...base, message: 'TEST NOTIFICATION' }
    case 'repo_image_expiry':
      return {
        ...base,
        tags: ['latest', 'v1'],
        expiring_in: `${String(Number(eventConfig['days']) || 1)} days`,
        notification_uuid: uuid,
      }
    default:
      return {
        ...base,
        homepage: `${String(base['homepage'])}/build/${buildId}`,
        build_id: buildId,
        docker_tags: ['latest', 'foo', 'bar'],
        ...trigger,
        ...(event === 'build_queued'
          ? { is_manual: false, manual_user: null, repo: base['name'] }
          : { build_name: '42d4a62' }),
        ...(event === 'build_success' && { image_id: '1245657346' }),
        ...(event === 'build_failure' && { error_message: 'This is a fake error message' }),
      }
  }
}
