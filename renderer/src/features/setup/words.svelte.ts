import type { TestLine } from '@mooring/server/contract/setup'
import { UnreachableError } from '../../api/api-error.ts'
import { faultOf } from '../../api/setup-client.ts'
import { m } from '../../paraglide/messages.js'
import type { FormFailure } from '../../ui/form.svelte.ts'
import type { Catalog } from './findings/catalog.ts'
import { pageFindings, wordsByField, type Finding } from './setup-words.ts'

/** What the server says, in the language of the page; the server itself says it in English. */
export class Words {
  #catalog = $state.raw<Catalog>()

  async speak(locale: string): Promise<void> {
    this.#catalog = locale === 'en' ? undefined : (await import('./findings/catalog.ts')).catalog
  }

  /** The fact and the next step, a sentence each. */
  parts({ code, text, next, facts }: Finding): { readonly text: string; readonly next: string } {
    return this.#catalog?.finding(code, facts) ?? { text, next }
  }

  finding(finding: Finding): string {
    const { code, facts } = finding
    return pageFindings[code]?.(facts) ?? m.setup_finding({ ...this.parts(finding), code })
  }

  line({ text, finding }: TestLine): string {
    return finding === undefined ? (this.#catalog?.line(text) ?? text) : this.parts(finding).text
  }

  /** What a task of the apply did. */
  task(line: string): string {
    return this.#catalog?.line(line) ?? line
  }

  /** Of a call that was refused: at the fields where the server names them, else as one text. */
  readonly explain = (cause: unknown): FormFailure => {
    if (cause instanceof UnreachableError) return { message: m.error_unreachable() }
    if (cause instanceof DOMException && cause.name === 'NotReadableError') {
      return { message: m.setup_file_changed() }
    }
    const fault = faultOf(cause)
    if (fault === undefined) return { message: m.error_unexpected() }
    if (fault.fields === undefined || fault.fields.length === 0) {
      return { message: this.finding(fault) }
    }
    return { message: m.setup_values_wrong(), fields: wordsByField(fault.fields) }
  }

  readonly messageOf = (cause: unknown): string =>
    this.explain(cause).message ?? m.error_unexpected()
}
