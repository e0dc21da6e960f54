import type { z } from 'zod'

import type {
  NotificationMethod as methods,
  RepoEvent as repoEvents,
} from '../../contract/repo-notifications.ts'

export type RepoEvent = z.output<typeof repoEvents>
export type NotificationMethod = z.output<typeof methods>

/** What is told of an event (logs-and-notifications, 7.3). */
export type EventData = Readonly<Record<string, unknown>>

export interface Place {
  readonly serverHostname: string
  readonly urlScheme: 'http' | 'https'
}

/** What every event of a repository begins with. */
export function baseData(fullName: string, { serverHostname, urlScheme }: Place): EventData {
  const slash = fullName.indexOf('/')
  return {
    repository: fullName,
    namespace: fullName.slice(0, slash),
    name: fullName.slice(slash + 1),
    docker_url: `${serverHostname}/${fullName}`,
    homepage: `${urlScheme}://${serverHostname}/repository/${fullName}`,
  }
}

export const priorities = ['Critical', 'High', 'Medium', 'Low', 'Negligible', 'Unknown'] as const

export type Level = 'primary' | 'info' | 'success' | 'warning' | 'error'

const levels: Readonly<Record<Exclude<RepoEvent, 'vulnerability_found'>, Level>> = {
  repo_push: 'primary',
  build_queued: 'info',
  build_start: 'info',
  build_success: 'success',
  build_failure: 'error',
  build_cancelled: 'info',
  repo_mirror_sync_started: 'info',
  repo_mirror_sync_success: 'success',
  repo_mirror_sync_failed: 'error',
  repo_image_expiry: 'info',
}

export function levelOf(event: RepoEvent, data: EventData): Level {
  if (event !== 'vulnerability_found') return levels[event]
  const priority = textAt(data, 'vulnerability', 'priority')
  if (priority === 'Critical') return 'error'
  return priority === 'High' || priority === 'Medium' ? 'warning' : 'info'
}

/** A value somewhere in the data as text; empty where there is none. */
export function textAt(data: unknown, ...path: readonly string[]): string {
  let value = data
  for (const key of path) value = isRecord(value) ? value[key] : undefined
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

export function listAt(data: EventData, key: string): readonly string[] {
  const value = data[key]
  return Array.isArray(value) ? value.map(String) : []
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
