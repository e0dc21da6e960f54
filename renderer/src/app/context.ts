import type { QueryClient } from '@tanstack/svelte-query'
import { createContext } from 'svelte'
import type { Client } from '../api/client.ts'
import type { PageLocation } from '../router/location.svelte.ts'
import type { Language } from '../ui/locale.svelte.ts'
import type { Shortcuts } from '../ui/shortcuts.svelte.ts'
import type { Theme } from '../ui/theme.svelte.ts'
import type { Toasts } from '../ui/toasts.svelte.ts'
import type { Connection } from './connection.svelte.ts'
import type { FreshLogin } from './fresh-login.svelte.ts'
import type { createLive } from './live.ts'
import type { PinGate } from './pin-gate.svelte.ts'
import type { Session } from './session.svelte.ts'
import type { SessionEnd } from './session-end.svelte.ts'
import type { ViewMode } from './view.svelte.ts'

/** What every page may use; made once by the application. */
export interface App {
  readonly client: Client
  readonly queries: QueryClient
  readonly session: Session
  readonly location: PageLocation
  readonly toasts: Toasts
  readonly language: Language
  readonly theme: Theme
  readonly connection: Connection
  readonly freshLogin: FreshLogin
  readonly sessionEnd: SessionEnd
  readonly pinGate: PinGate
  readonly shortcuts: Shortcuts
  readonly view: ViewMode
  readonly live: ReturnType<typeof createLive>
}

export const [useApp, provideApp] = createContext<App>()
