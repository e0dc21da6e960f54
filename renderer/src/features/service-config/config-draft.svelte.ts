import type { App } from '../../app/context.ts'
import type { Output } from '../../api/operations.ts'
import { isSame, type Configuration, type Setting } from './setting-value.ts'

export type Preview = Output<'POST /api/v1/mooring/config/validate'>

/** Changes of settings that are not saved yet. */
export class ConfigDraft {
  #values = $state.raw<Readonly<Record<string, unknown>>>({})
  /** By setting: what is typed and is no value yet. */
  #unread = $state.raw<Readonly<Record<string, string>>>({})
  #errors = $state.raw<Readonly<Record<string, { text: string; value: unknown }>>>({})
  readonly #app: App

  constructor(app: App) {
    this.#app = app
  }

  get keys(): readonly string[] {
    return Object.keys(this.#values)
  }
  get isDirty(): boolean {
    return this.keys.length > 0 || Object.keys(this.#unread).length > 0
  }
  get hasUnread(): boolean {
    return Object.keys(this.#unread).length > 0
  }
  has(key: string): boolean {
    return Object.hasOwn(this.#values, key) || Object.hasOwn(this.#unread, key)
  }
  /** As it will be; `null` stands for its default. */
  value({ key, value, default: usual }: Setting): unknown {
    if (!Object.hasOwn(this.#values, key)) return value
    return this.#values[key] ?? usual
  }
  unread(key: string): string | undefined {
    return this.#unread[key]
  }
  error(key: string): string | undefined {
    const error = this.#errors[key]
    return error !== undefined && isSame(error.value, this.#values[key]) ? error.text : undefined
  }

  set(setting: Setting, value: unknown): void {
    const rest = Object.fromEntries(
      Object.entries(this.#values).filter(([key]) => key !== setting.key),
    )
    this.#values = isSame(value, setting.value) ? rest : { ...rest, [setting.key]: value }
    this.setUnread(setting.key, undefined)
  }

  setUnread(key: string, text: string | undefined): void {
    const rest = Object.fromEntries(Object.entries(this.#unread).filter(([other]) => other !== key))
    this.#unread = text === undefined ? rest : { ...rest, [key]: text }
  }

  undo(key: string): void {
    this.#values = Object.fromEntries(
      Object.entries(this.#values).filter(([other]) => other !== key),
    )
    this.setUnread(key, undefined)
  }

  discard(): void {
    this.#values = {}
    this.#unread = {}
    this.#errors = {}
  }

  /** What saving would do; what would be wrong is told at the settings too. */
  async preview(): Promise<Preview> {
    const preview = await this.#app.client.call('POST /api/v1/mooring/config/validate', {
      body: { values: { ...this.#values }, mode: 'offline' },
    })
    this.#errors = Object.fromEntries(
      preview.problems.map(({ key, expected }) => [
        key,
        { text: expected, value: this.#values[key] },
      ]),
    )
    return preview
  }

  async save({ revision }: Pick<Configuration, 'revision'>): Promise<boolean> {
    const saved = await this.#app.client.call('PUT /api/v1/mooring/config', {
      body: { values: { ...this.#values }, revision },
    })
    this.discard()
    await this.#app.queries.invalidateQueries({ queryKey: ['appliance', 'config'] })
    return saved.needs_restart
  }
}
