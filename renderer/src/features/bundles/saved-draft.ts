import { contentOf } from './chosen-content.ts'
import type { SavedSelection } from './bundle-words.ts'
import { lastOfStream, volumePresets, type ExportDraft } from './export-draft.svelte.ts'

/** Fills the wizard with what was saved, so that it can be looked at, changed and saved again. */
export function fillDraft(
  draft: ExportDraft,
  saved: SavedSelection,
  places: readonly string[],
): void {
  const { content, upstreams, directory } = saved
  const { selection, base, volume_size: volume = '' } = content
  draft.base = base?.kind ?? 'none'
  draft.receiptId = base?.kind === 'receipt' ? (base.id ?? '') : ''
  draft.bundleId = base?.kind === 'bundle' ? (base.id ?? lastOfStream) : ''
  draft.stream = content.stream ?? ''
  fillContent(draft, selection)
  draft.newest = selection.newest ?? null
  draft.onlyChanged = selection.changed ?? false
  draft.label = selection.label ?? ''
  draft.pulledDays = selection.pulled_days ?? null
  draft.excluded = [...(selection.exclude ?? [])]
  draft.logins = upstreams.map(({ host, username = '', verify_tls: verifies = true }) => ({
    ...{ host, username, password: '', verifies },
  }))
  draft.platforms = [...(content.platforms ?? [])]
  draft.hasReferrers = content.referrers ?? true
  draft.proposesDeletions = content.propose_deletions ?? false
  draft.format = content.format ?? 'directory'
  draft.isEncrypted = content.encrypt !== undefined
  draft.recipients = [...(content.encrypt ?? [])]
  fillFolder(draft, directory, places)
  fillVolume(draft, volume)
  const rate = /^(\d+)MB\/s$/.exec(content.rate ?? '')?.[1]
  draft.megabytesPerSecond = rate === undefined ? null : Number(rate)
  draft.isVerified = content.verify ?? true
}

function fillFolder(draft: ExportDraft, directory: string, places: readonly string[]): void {
  const at = places.findIndex((place) => directory === place || directory.startsWith(`${place}/`))
  draft.place = at > 0 ? (places[at] ?? '') : ''
  draft.folder = at < 0 ? directory : directory.slice((places[at] ?? '').length + 1)
}

type Selection = SavedSelection['content']['selection']

function fillContent(draft: ExportDraft, { repositories = [], list }: Selection): void {
  const [first] = repositories
  if (list !== undefined) {
    draft.way = 'list'
    draft.list = list
  } else if (repositories.some(({ name }) => /[*?]/.test(name.replace(/\/\*$/, '')))) {
    draft.way = 'rules'
    draft.names = repositories.map(({ name }) => name)
    draft.tags = [...(first?.tags ?? [])]
  } else {
    draft.way = 'tree'
    draft.content = contentOf(repositories)
  }
}

function fillVolume(draft: ExportDraft, volume: string): void {
  const stick = /^usb:(\d+)G$/.exec(volume)?.[1]
  if (stick !== undefined) {
    draft.volume = 'stick'
    draft.stickGigabytes = Number(stick)
  } else if (volume === '' || volumePresets.some((preset) => preset === volume)) {
    draft.volume = volume
  } else {
    draft.volume = 'own'
    draft.ownSize = volume
  }
}
