const pages: ReadonlySet<string> = new Set([
  ...['home', 'health', 'certificates', 'mirrors', 'mirror', 'bundles', 'bundle-import', 'help'],
  ...['sign-in', 'recover', 'oauth-error', 'setup', 'not-found'],
])

/** What can be done on the screen of the box. */
export const isKioskPage = (page: string) => pages.has(page)
