const place = 'setup-address'

/**
 * What a page may ask is decided as it is loaded: the address of the registry-to-be has to be known
 * by then.
 */
export function loadFor(address: string): void {
  if (URL.parse(address)?.origin === window.location.origin) return
  if (sessionStorage.getItem(place) === address) return
  sessionStorage.setItem(place, address)
  window.location.reload()
}
