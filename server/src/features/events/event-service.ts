import { setTimeout as delay } from 'node:timers/promises'

import type { BusEvent, EventBus } from '../../platform/event-bus.ts'
import { Problem } from '../../problem.ts'
import type { AccessService } from '../access/access-service.ts'
import { hasScope, type UserPrincipal } from '../accounts/principal.ts'
import type { NotificationService } from '../notifications/notification-service.ts'
import type { NotificationReader } from '../notifications/notification-store.ts'
import type { RepositoryService } from '../repositories/repository-service.ts'
import type { StreamEvent } from './event-stream.ts'

export type EventService = ReturnType<typeof createEventService>

export interface Viewer {
  readonly principal: UserPrincipal
  /** Absent: notifications are not for this caller. */
  readonly reader?: NotificationReader
}

interface Topics {
  readonly notifications: boolean
  readonly jobs: boolean
  readonly health: boolean
  readonly repositories: ReadonlyMap<number, string>
}

const mostRepositories = 20
const longestTopics = 8_192
/** Published inside a transaction: by then it is committed, or never will be. */
const commitWaitMs = 300
const commitTries = 4

/** What of the bus a caller may hear, as events of its stream. */
export function createEventService({
  bus,
  boot,
  access,
  repositories,
  notifications,
}: {
  bus: EventBus
  /** Differs from that of every other process. */
  boot: string
  access: AccessService
  repositories: RepositoryService
  notifications: NotificationService
}) {
  async function parseTopics(text: string, principal: UserPrincipal): Promise<Topics> {
    if (text.length > longestTopics) throw invalid('Too many topics')
    const names = [...new Set(text.split(',').filter((name) => name !== ''))]
    const paths = names.filter((name) => name.startsWith('repositories/'))
    if (names.length === 0) throw invalid('No topic is named')
    if (paths.length > mostRepositories) throw invalid('Too many repositories')
    const unknown = names.find(
      (name) => !paths.includes(name) && !['notifications', 'jobs', 'health'].includes(name),
    )
    if (unknown !== undefined) throw invalid(`Unknown topic: ${unknown.slice(0, 100)}`)
    const forAdministrators = names.includes('jobs') || names.includes('health')
    if (forAdministrators && !maySeeAppliance(principal)) throw new Problem('access-denied')
    const seen = new Map<number, string>()
    for (const path of paths) {
      const name = path.slice('repositories/'.length)
      const repository = await repositories.find(name)
      // One that is not there is refused like one that must not be seen.
      if (repository === undefined || !(await maySee(principal, name))) {
        throw new Problem('access-denied')
      }
      seen.set(repository.id, name)
    }
    return {
      notifications: names.includes('notifications'),
      jobs: names.includes('jobs'),
      health: names.includes('health'),
      repositories: seen,
    }
  }

  const maySeeAppliance = (principal: UserPrincipal) =>
    access.isSuperUser(principal) ||
    (access.isGlobalReader(principal) && hasScope(principal, 'super:user'))

  async function maySee(principal: UserPrincipal, name: string): Promise<boolean> {
    const repository = await repositories.find(name)
    if (repository === undefined) return false
    const seesAll = access.hasFullAccess(principal) || access.isGlobalReader(principal)
    if (seesAll && hasScope(principal, 'repo:read')) return true
    return (await access.roleOn(principal, repository)) !== 'none'
  }

  /** The event as this viewer is told of it. */
  async function translate(
    { seq, topic, data }: BusEvent,
    { reader }: Viewer,
    topics: Topics,
  ): Promise<StreamEvent | undefined> {
    const id = `${boot}-${String(seq)}`
    switch (topic) {
      case 'notifications': {
        if (!topics.notifications || reader === undefined) return undefined
        const { uuid } = data
        const row = typeof uuid === 'string' ? await committed(reader, uuid) : undefined
        if (row === undefined) return undefined
        return { id, name: 'notification', data: { id: row.uuid, kind: row.kind } }
      }
      case 'repositories': {
        const { repositoryId, kind } = data
        const name = topics.repositories.get(Number(repositoryId))
        return name === undefined
          ? undefined
          : { id, name: 'repository', data: { repository: name, kind } }
      }
      case 'jobs':
        return topics.jobs ? { id, name: 'job', data } : undefined
      case 'health':
        return topics.health ? { id, name: 'health', data } : undefined
      default:
        return undefined
    }
  }

  async function committed(reader: NotificationReader, uuid: string) {
    for (let tried = 0; tried < commitTries; tried++) {
      await delay(commitWaitMs * tried, undefined, { ref: false })
      const row = await notifications.find(reader, uuid)
      if (row !== undefined) return row
    }
    return undefined
  }

  return {
    parseTopics,

    /** Whether the rights that the topics asked for are still there. */
    async maySeeAll({ principal }: Viewer, topics: Topics): Promise<boolean> {
      if ((topics.jobs || topics.health) && !maySeeAppliance(principal)) return false
      for (const name of topics.repositories.values()) {
        if (!(await maySee(principal, name))) return false
      }
      return true
    },

    /** What there is after an event that a client names; `isComplete` unless some is forgotten. */
    async missed(viewer: Viewer, topics: Topics, lastId: string | undefined) {
      if (lastId === undefined) return { isComplete: true, seq: bus.lastSeq(), events: [] }
      const [, own, number] = /^([0-9a-f]{1,32})-(\d{1,15})$/.exec(lastId) ?? []
      const found = own === boot ? bus.after(Number(number)) : undefined
      const events: StreamEvent[] = []
      for (const event of found ?? []) {
        const told = await translate(event, viewer, topics)
        if (told !== undefined) events.push(told)
      }
      const seq = found?.at(-1)?.seq ?? (found === undefined ? bus.lastSeq() : Number(number))
      return { isComplete: found !== undefined, seq, events }
    },

    reset: (): StreamEvent => ({
      id: `${boot}-${String(bus.lastSeq())}`,
      name: 'reset',
      data: {},
    }),

    /** Tells of what comes after an event, in order. @returns what ends that. */
    follow(viewer: Viewer, topics: Topics, after: number, tell: (event: StreamEvent) => void) {
      let last: Promise<unknown> = Promise.resolve()
      let isOver = false
      const waiting = new Set<string>()
      const pass = (event: BusEvent) => {
        // Without a look at the database for what is not asked for anyway.
        if (!isAskedFor(event, topics)) return
        const key = event.topic === 'repositories' ? JSON.stringify(event.data) : ''
        // Many changes of one kind are told once.
        if (waiting.has(key)) return
        if (key !== '') waiting.add(key)
        const committed = key === '' ? undefined : delay(commitWaitMs, undefined, { ref: false })
        last = Promise.all([last, committed])
          .then(() => {
            waiting.delete(key)
            return isOver ? undefined : translate(event, viewer, topics)
          })
          .then((told) => {
            if (told !== undefined && !isOver) tell(told)
          })
          .catch(() => undefined)
      }
      for (const event of bus.after(after) ?? []) pass(event)
      const end = bus.subscribe(pass)
      return () => {
        isOver = true
        end()
      }
    },
  }
}

function isAskedFor({ topic, data }: BusEvent, topics: Topics): boolean {
  if (topic === 'repositories') return topics.repositories.has(Number(data['repositoryId']))
  return (
    (topic === 'notifications' && topics.notifications) ||
    (topic === 'jobs' && topics.jobs) ||
    (topic === 'health' && topics.health)
  )
}

function invalid(message: string): Problem {
  return new Problem('request-invalid', { message })
}
