import { contextBridge, ipcRenderer } from 'electron'
import {
  bridgeFunctions,
  channelOf,
  deepLinkChannel,
  deepLinkReadyChannel,
  featuresArgument,
} from './bridge-contract.ts'

/**
 * All that a page of the own server gets of the desktop: functions by name, each one message to the
 * main process, which checks who asks and what for. A missing argument travels as null.
 */
const takesNothing = new Set([
  'versions',
  'removableDrives',
  'trustCertificate',
  'openLogs',
  'restartServer',
])

const functions = Object.fromEntries(
  bridgeFunctions.map((name) => [
    name,
    (argument: unknown): Promise<unknown> =>
      takesNothing.has(name)
        ? ipcRenderer.invoke(channelOf(name))
        : ipcRenderer.invoke(channelOf(name), argument ?? null),
  ]),
)

const features =
  process.argv
    .find((arg) => arg.startsWith(featuresArgument))
    ?.slice(featuresArgument.length)
    .split(',') ?? []

contextBridge.exposeInMainWorld('mooring', {
  ...functions,
  /** Whether this desktop has it; a page shows its plain way otherwise. */
  has: (feature: string): boolean => features.includes(feature),
  /** Calls back with a path of this server for each link; ends when the returned function is called. */
  onDeepLink(listener: (path: string) => void): () => void {
    const take = (_event: unknown, path: unknown) => {
      if (typeof path === 'string') listener(path)
    }
    ipcRenderer.on(deepLinkChannel, take)
    ipcRenderer.send(deepLinkReadyChannel)
    return () => {
      ipcRenderer.off(deepLinkChannel, take)
    }
  },
})
