import { createContext } from 'svelte'

/** What readers of the screen are told in passing; shown by a live region of the page's frame. */
export class Announcer {
  #message = $state('')

  get message(): string {
    return this.#message
  }

  /** The same words again are said again: an invisible sign makes them new. */
  say(text: string): void {
    this.#message = this.#message === text ? `${text}\u200b` : text
  }
}

export const [useAnnouncer, provideAnnouncer] = createContext<Announcer>()
