import { createContext } from 'svelte'
import type { Input } from '../../api/operations.ts'
import { repositoriesOf, type ChosenContent } from './chosen-content.ts'

type PlanBody = Input<'POST /api/v1/mooring/bundles/plans'>['body']
type ExportBody = Input<'POST /api/v1/mooring/bundles/exports'>['body']
type SavedBody = Input<'POST /api/v1/mooring/bundles/selections'>['body']
type Selection = PlanBody['selection']

export type Way = 'tree' | 'rules' | 'list' | 'request'
export const ways: readonly Way[] = ['tree', 'rules', 'list', 'request']
/** Instead of the id of a bundle: the one that the stream has last when it is made. */
export const lastOfStream = 'last'
export const volumePresets = ['cd700', 'dvd', 'dvd-dl', 'bd25', 'bd50', 'bd100', 'fat32'] as const

export interface UpstreamLogin {
  host: string
  username: string
  password: string
  verifies: boolean
}

/** For the steps, whose fields write to it. */
export const [useDraft, provideDraft] = createContext<ExportDraft>()

/** What the wizard asks, before anything is written. */
export class ExportDraft {
  base = $state<'none' | 'receipt' | 'bundle'>('none')
  receiptId = $state('')
  bundleId = $state('')
  stream = $state('')
  way = $state<Way>('tree')
  content = $state.raw<ChosenContent>({})
  names = $state<string[]>([])
  tags = $state<string[]>([])
  newest = $state<number | null>(null)
  onlyChanged = $state(false)
  label = $state('')
  pulledDays = $state<number | null>(null)
  list = $state('')
  /** Of other registries that the list names. */
  logins = $state<UpstreamLogin[]>([])
  request = $state.raw<{ readonly name: string; readonly text: string }>()
  platforms = $state<string[]>([])
  hasReferrers = $state(true)
  proposesDeletions = $state(false)
  /** References that were taken out again. */
  excluded = $state<string[]>([])
  format = $state<'directory' | 'tar'>('directory')
  /** One of the server's; the first when empty. */
  place = $state('')
  folder = $state('')
  volume = $state('')
  stickGigabytes = $state<number | null>(32)
  ownSize = $state('')
  megabytesPerSecond = $state<number | null>(null)
  isVerified = $state(true)
  isEncrypted = $state(false)
  /** Of age, for whom it is encrypted. */
  recipients = $state<string[]>([])

  readonly #selection = $derived.by((): Selection | undefined => {
    const label = this.label.trim()
    const rules = {
      ...(this.newest !== null && { newest: this.newest }),
      ...(this.onlyChanged && { changed: true }),
      ...(label !== '' && { label }),
      ...(this.pulledDays !== null && { pulled_days: this.pulledDays }),
    }
    switch (this.way) {
      case 'tree': {
        const repositories = repositoriesOf(this.content)
        return repositories.length === 0 ? undefined : { repositories, ...rules }
      }
      case 'rules': {
        const { names, tags } = this
        if (names.length === 0) return undefined
        const wishes = names.map((name) => ({
          name,
          ...(tags.length > 0 && { tags: [...tags] }),
        }))
        return { repositories: wishes, ...rules }
      }
      case 'list':
        return this.list.trim() === '' ? undefined : { list: this.list }
      case 'request':
        return this.request === undefined ? undefined : { request: this.request.text }
    }
  })

  readonly #volumeSize = $derived(
    this.volume === 'stick'
      ? `usb:${String(this.stickGigabytes ?? 0)}G`
      : this.volume === 'own'
        ? this.ownSize.trim()
        : this.volume,
  )

  readonly #upstreams = $derived(
    this.logins
      .filter(({ host }) => host.trim() !== '')
      .map(({ host, username, password, verifies }) => ({
        host: host.trim(),
        ...(username !== '' && password !== '' && { username, password }),
        ...(!verifies && { verify_tls: false }),
      })),
  )

  /** What is asked for the plan; undefined while nothing is chosen. */
  readonly plan: PlanBody | undefined = $derived.by(() => {
    const chosen = this.#selection
    if (chosen === undefined) return undefined
    const { excluded } = this
    const selection = excluded.length === 0 ? chosen : { ...chosen, exclude: [...excluded] }
    const to = this.target
    return {
      selection,
      ...(this.way !== 'request' && { base: this.#base }),
      ...(this.platforms.length > 0 && { platforms: [...this.platforms] }),
      ...(!this.hasReferrers && { referrers: false }),
      ...(this.proposesDeletions && this.way !== 'request' && { propose_deletions: true }),
      ...(this.stream !== '' && { stream: this.stream }),
      ...(this.#volumeSize !== '' && { volume_size: this.#volumeSize }),
      ...(this.megabytesPerSecond !== null && { rate: `${String(this.megabytesPerSecond)}MB/s` }),
      ...(this.isEncrypted && this.recipients.length > 0 && { encrypt: [...this.recipients] }),
      ...(to !== undefined && { to }),
      ...(this.way === 'list' && this.#upstreams.length > 0 && { upstreams: this.#upstreams }),
    }
  })

  /** What a site asked for becomes the list of this bundle, beside what stands there. */
  takeWanted(images: readonly string[]): void {
    const known = new Set(this.list.split('\n'))
    const added = images.filter((image) => !known.has(image))
    this.list = [...(this.list.trim() === '' ? [] : [this.list.trimEnd()]), ...added].join('\n')
    this.way = 'list'
  }

  get #base(): NonNullable<PlanBody['base']> {
    const id =
      this.base !== 'bundle' ? this.receiptId : this.bundleId === lastOfStream ? '' : this.bundleId
    return { kind: this.base, ...(this.base !== 'none' && id !== '' && { id }) }
  }

  /** The folder that the bundle is written to; the server names one when undefined. */
  get target(): string | undefined {
    const folder = this.folder.trim()
    if (folder === '') return undefined
    return this.place === '' ? folder : `${this.place}/${folder}`
  }

  /** What is encrypted is a tar. */
  get writtenFormat(): 'directory' | 'tar' {
    return this.isEncrypted ? 'tar' : this.format
  }

  /** What is kept to be made again; a request is answered once. */
  get saved(): Omit<SavedBody, 'name'> | undefined {
    if (this.body === undefined || this.way === 'request') return undefined
    const { to, upstreams, ...content } = this.body
    const directory = to ?? (this.place === '' ? undefined : this.place)
    const logins = this.logins
      .filter(({ host }) => host.trim() !== '')
      .map(({ host, username, password, verifies }) => ({
        host: host.trim(),
        ...(username !== '' && { username }),
        ...(password !== '' && { password }),
        ...(!verifies && { verify_tls: false }),
      }))
    return {
      ...content,
      // A place itself will do: each run makes a folder of its own.
      ...(directory !== undefined && { directory }),
      ...(upstreams !== undefined && { upstreams: logins }),
    }
  }

  get body(): ExportBody | undefined {
    if (this.plan === undefined) return undefined
    return {
      ...this.plan,
      format: this.writtenFormat,
      ...(!this.isVerified && { verify: false }),
    }
  }
}
