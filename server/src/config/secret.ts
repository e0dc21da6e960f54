import { inspect } from 'node:util'

const mask = '[redacted]'

/** A value that never shows itself: printing, logging and JSON give a mask. Ask with `reveal()`. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  reveal(): string {
    return this.#value
  }

  toString(): string {
    return mask
  }

  toJSON(): string {
    return mask
  }

  [inspect.custom](): string {
    return mask
  }
}
