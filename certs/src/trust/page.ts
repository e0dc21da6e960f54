import type { TrustTarget } from './target.ts'

/** Every instruction as one Markdown page. */
export function trustPage(_target: TrustTarget): string {
  throw new Error('not built yet')
}
