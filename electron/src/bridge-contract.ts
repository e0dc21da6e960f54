/**
 * The functions of `window.mooring`, by name. The preload script and the main process share this
 * file; it must import nothing, because it becomes part of the preload script.
 */
export const bridgeFunctions = [
  'versions',
  'pickFile',
  'pickDirectory',
  'saveFile',
  'removableDrives',
  'trustCertificate',
  'showProgress',
  'notify',
  'openLogs',
  'restartServer',
  'preferences',
  'servers',
] as const

export type BridgeFunction = (typeof bridgeFunctions)[number]

export const channelOf = (name: BridgeFunction): string => `mooring:${name}`

/** Deep links arrive here, as a path of this server; the page asks before it acts on one. */
export const deepLinkChannel = 'mooring:deep-link'
/** A page says here that it listens, and gets the link that opened the program. */
export const deepLinkReadyChannel = 'mooring:deep-link-ready'

/** Goes before the list of features on the command line of the page's process. */
export const featuresArgument = '--mooring-features='
