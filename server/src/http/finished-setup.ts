import { Router } from 'express'

/** Who comes back to the address of the setup finds the registry. */
export function finishedSetup(): Router {
  return Router().get(['/setup', '/setup/*page'], (_req, res) => {
    res.redirect(302, '/')
  })
}
