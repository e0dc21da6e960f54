import type { PageLocation } from './location.svelte.ts'

/** The clicks that a page answers itself: plain ones, on links to pages of ours. */
export function followLinks(event: MouseEvent, location: PageLocation): void {
  if (event.defaultPrevented || event.button !== 0) return
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
  const link = event.target instanceof Element ? event.target.closest('a') : null
  if (link === null || link.target !== '' || link.hasAttribute('download')) return
  const target = new URL(link.href, document.baseURI)
  if (target.origin !== document.location.origin || link.dataset['native'] !== undefined) return
  if (/^\/(?:api|v2|static)\//.test(target.pathname)) return
  const isSamePage = target.pathname + target.search === location.path + document.location.search
  if (isSamePage && target.hash !== '') return
  event.preventDefault()
  location.go(target.pathname + target.search + target.hash)
}
