const place = 'setup-address'

/**
 * What a page may ask is decided as it is loaded: the address of the registry-to-be has to be known
 * by then.
 * @returns whether the page is loaded anew
 */
export function loadFor(address: string): boolean {
  if (URL.parse(address)?.origin === window.location.origin) return false
  if (sessionStorage.getItem(place) === address) return false
  sessionStorage.setItem(place, address)
  window.location.reload()
  return true
}
