import type { PageBridge } from '@mooring/electron/bridge'

/** What only the desktop program can do; absent in a browser. */
export const desktop = (): PageBridge | undefined =>
  (window as { readonly mooring?: PageBridge }).mooring
