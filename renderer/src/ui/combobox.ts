import type { Icon } from './tone.ts'

export interface ComboboxOption {
  readonly value: string
  readonly label: string
  readonly description?: string | undefined
  readonly icon?: Icon | undefined
  readonly disabled?: boolean | undefined
}

export interface ComboboxGroup {
  readonly label?: string | undefined
  readonly options: readonly ComboboxOption[]
}
