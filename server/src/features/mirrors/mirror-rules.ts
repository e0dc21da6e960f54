import { rate as rateText } from '../../config/bandwidth-config.ts'
import { parseMoment, parseWindow, type Moment, type Window } from '../../platform/calendar.ts'
import type { MirrorRow } from './mirror-store.ts'

/** What a mirror is told beside what Quay's have. */
export interface MirrorRules {
  readonly newest: number | null
  readonly semver: string | null
  readonly exclude: readonly string[]
  readonly keepVanished: boolean
  readonly withReferrers: boolean
  /** `os/arch[/variant]`, or an architecture alone. */
  readonly platforms: readonly string[]
  /** When it is run, such as `mon-fri@02:00`; empty: by its interval. */
  readonly calendar: readonly string[]
  /** While what may run by itself, such as `22:00-06:00`; empty: at any time. */
  readonly windows: readonly string[]
  /** Bytes a second of blobs, such as `2MB/s`; null: as many as there are. */
  readonly rate: string | null
  /** Public keys in PEM, one of which has to have signed an image; empty: signatures do not matter. */
  readonly signatureKeys: readonly string[]
}

export const usualRules: MirrorRules = {
  newest: null,
  semver: null,
  exclude: [],
  keepVanished: false,
  withReferrers: true,
  platforms: [],
  calendar: [],
  windows: [],
  rate: null,
  signatureKeys: [],
}

export function parseRules({ rules_json }: Pick<MirrorRow, 'rules_json'>): MirrorRules {
  return { ...usualRules, ...(JSON.parse(rules_json) as Partial<MirrorRules>) }
}

/** Undefined: as many as there are. */
export function bytesPerSecond({ rate }: Pick<MirrorRules, 'rate'>): number | undefined {
  return rate === null ? undefined : rateText().safeParse(rate).data
}

export const isRate = (text: string): boolean => rateText().safeParse(text).success

export const momentsOf = ({ calendar }: Pick<MirrorRules, 'calendar'>): readonly Moment[] =>
  calendar.flatMap((text) => parseMoment(text) ?? [])

export const windowsOf = ({ windows }: Pick<MirrorRules, 'windows'>): readonly Window[] =>
  windows.flatMap((text) => parseWindow(text) ?? [])
