import type { z } from 'zod'

import { parseVolumeSize } from '../../bundles/volume-size.ts'
import type { SavedSelection, SelectionWish } from '../../contract/mooring-bundle-selections.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { Problem } from '../../problem.ts'
import { nextOf, parseMoment } from '../../platform/calendar.ts'
import type { SecretBox } from '../accounts/secret-box.ts'
import type { NotificationService } from '../notifications/notification-service.ts'
import type { BundleJobs } from './bundle-job-service.ts'
import { isUnderWay, type BundleJobRow } from './bundle-job-store.ts'
import type { BundlePlaces } from './bundle-places.ts'
import { requireEncryptable } from './export-encryption.ts'
import { readListSelection } from './list-selection.ts'
import { parseRate } from './rate.ts'
import { selectionStore, type SelectionRow } from './selection-store.ts'
import type { UpstreamLogin } from './upstream-images-service.ts'

export type SelectionContent = z.output<typeof SavedSelection>['content']
export type SavedSelections = ReturnType<typeof createSavedSelections>

const selectionsAtMost = 200

/** Bundles that are made again and again: by hand, or at fixed times. */
export function createSavedSelections({
  db,
  clock,
  random,
  jobs,
  places,
  secretBox,
  notifications,
  owner,
  host,
}: {
  db: Db
  clock: Clock
  random: Random
  jobs: Pick<BundleJobs, 'start' | 'listByIds'>
  places: Pick<BundlePlaces, 'resolveMedium'>
  secretBox: SecretBox
  notifications: Pick<NotificationService, 'withdraw'>
  /** Whose folders the selections name. */
  owner: string
  host: string
}) {
  const store = selectionStore(db)

  async function require(id: string): Promise<SelectionRow> {
    const row = await store.find(id)
    if (row === undefined) throw new Problem('not-found')
    return row
  }

  const loginsOf = ({ upstreams_sealed }: SelectionRow): readonly UpstreamLogin[] =>
    upstreams_sealed === null
      ? []
      : (JSON.parse(secretBox.open(upstreams_sealed)) as UpstreamLogin[])

  /** A password that is not given again is the one that is known of the same user. */
  function seal(wanted: readonly UpstreamLogin[], known: readonly UpstreamLogin[]): string | null {
    if (wanted.length === 0) return null
    const logins = wanted.map((login) => {
      const same = known.find(
        ({ host, username }) => host === login.host && username === login.username,
      )
      if (login.password !== undefined || same?.password === undefined) return login
      return { ...login, password: same.password }
    })
    return secretBox.seal(JSON.stringify(logins))
  }

  /** @throws Problem, or BundleFault for a list that cannot be read */
  async function columnsOf(wish: SelectionWish, by: string | null, before?: SelectionRow) {
    const { name, directory = '', calendar = [], upstreams = [], keep, ...content } = wish
    check(content, calendar)
    const same = await store.findByName(name)
    if (same !== undefined && same.id !== before?.id) {
      throw new Problem('rule-violated', { message: `There is a selection ${name} already.` })
    }
    const now = clock.now()
    return {
      ...{ name, owner, updated_at: now, by_name: by, content_json: JSON.stringify(content) },
      directory: await places.resolveMedium(directory),
      upstreams_sealed: seal(upstreams, before === undefined ? [] : loginsOf(before)),
      ...{ calendar_json: JSON.stringify(calendar), next_at: nextTime(calendar, now) },
      keep_last: keep ?? null,
    }
  }

  function check(content: SelectionContent, calendar: readonly string[]): void {
    const { selection, volume_size, rate } = content
    const list = selection.list?.trim() ?? ''
    if (list === '' && (selection.repositories ?? []).length === 0) {
      throw new Problem('rule-violated', { message: 'Nothing is chosen.' })
    }
    if (list !== '') readListSelection(list, host)
    if (volume_size !== undefined) parseVolumeSize(volume_size)
    if (rate !== undefined) parseRate(rate)
    requireEncryptable(content)
    const wrong = calendar.find((text) => parseMoment(text) === undefined)
    if (wrong === undefined) return
    throw new Problem('rule-violated', {
      message: `"${wrong}" is no time such as 02:00 or mon-fri@02:00.`,
    })
  }

  return {
    loginsOf,
    find: require,

    /** @throws Problem `not-found` */
    async findByName(name: string): Promise<SelectionRow> {
      const row = await store.findByName(name)
      if (row === undefined) throw new Problem('not-found')
      return row
    },

    list: () => store.list(selectionsAtMost),

    async create(wish: SelectionWish, by: string | null): Promise<SelectionRow> {
      if ((await store.list(selectionsAtMost)).length === selectionsAtMost) {
        throw new Problem('rule-violated', {
          message: `There are ${String(selectionsAtMost)} selections already.`,
        })
      }
      const id = random.uuid()
      const never = {
        last_job_id: null,
        last_started_at: null,
        watched_job_id: null,
        problem: null,
      }
      await store.insert({ id, ...(await columnsOf(wish, by)), ...never })
      return require(id)
    },

    async change(id: string, wish: SelectionWish, by: string | null): Promise<SelectionRow> {
      const before = await require(id)
      await store.update(id, { ...(await columnsOf(wish, by, before)), problem: null })
      return require(id)
    },

    async delete(id: string): Promise<void> {
      await require(id)
      await db.transaction().execute(async (tx) => {
        await selectionStore(tx).delete(id)
        await notifications.withdraw(tx, notePath(id))
      })
    },

    /** The last run of each, as far as it is known. */
    async lastRuns(rows: readonly SelectionRow[]): Promise<ReadonlyMap<string, BundleJobRow>> {
      const found = await jobs.listByIds(rows.flatMap(({ last_job_id }) => last_job_id ?? []))
      return new Map(found.map((job) => [job.id, job]))
    },

    /**
     * Begins a run; it fails on its own.
     * @throws Problem `rule-violated` while the last one has not ended
     */
    async begin(
      row: SelectionRow,
      by: string | null,
      { isWatched = false }: { isWatched?: boolean } = {},
    ): Promise<BundleJobRow> {
      const { last_job_id: before } = row
      const [previous] = before === null ? [] : await jobs.listByIds([before])
      if (previous !== undefined && isUnderWay(previous.state)) throw underWay()
      const id = random.uuid()
      const isClaimed = await store.claimRun(row, {
        ...{ last_job_id: id, last_started_at: clock.now(), problem: null },
        ...(isWatched && { watched_job_id: id }),
      })
      if (!isClaimed) throw underWay()
      const upstreams = loginsOf(row)
      try {
        return await jobs.start('export', exportOf(row), by, {
          ...{ id, path: row.directory },
          ...(upstreams.length > 0 && { secrets: { upstreams } }),
        })
      } catch (error) {
        const { last_job_id, last_started_at, watched_job_id } = row
        await store.update(row.id, { last_job_id, last_started_at, watched_job_id })
        throw error
      }
    },
  }
}

const underWay = () =>
  new Problem('rule-violated', {
    message: 'Its last run has not ended. Wait for it, or cancel it.',
  })

/** What the job is asked for. */
export const exportOf = ({ id, content_json, directory }: SelectionRow) => ({
  ...(JSON.parse(content_json) as SelectionContent),
  ...{ into: directory, selection_id: id },
})

export const calendarOf = ({ calendar_json }: Pick<SelectionRow, 'calendar_json'>) =>
  JSON.parse(calendar_json) as readonly string[]

/** Null: it has no times of its own. */
export function nextTime(calendar: readonly string[], now: Instant): Instant | null {
  return calendar.length === 0
    ? null
    : nextOf(
        calendar.flatMap((text) => parseMoment(text) ?? []),
        now,
      )
}

/** Under which people are told about a selection, each below it. */
export const notePath = (id: string): string => `bundle-selection/${id}/`
