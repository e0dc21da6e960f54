import { addServer, type BridgeActionsInput } from './bridge-actions.ts'
import { pageOf, type DeepLink } from './deep-link.ts'
import type { RemoteServer } from './remote-server.ts'

export type LinkDeskInput = Pick<
  BridgeActionsInput,
  'shell' | 'servers' | 'texts' | 'onPreferences' | 'openPage' | 'openServer'
>

/** Takes links of other programs. None acts by itself: a person reads what it wants and says yes. */
export function createLinkDesk(input: LinkDeskInput): { take(link: DeepLink): Promise<void> } {
  const { shell, texts, openPage, openServer } = input
  return {
    async take(link) {
      const path = pageOf(link)
      if (path !== undefined) {
        const detail = texts.linkDetail(link.action === 'import' ? link.file : path)
        const buttons = [texts.openExternal, texts.cancel]
        if ((await shell.ask({ title: texts.linkTitle, detail, buttons })) === 0) openPage(path)
        return
      }
      if (link.action !== 'connect') return
      const added = await connect(link.url, link.fingerprint)
      if (added !== undefined) openServer(added)
    },
  }

  async function connect(
    origin: string,
    fingerprint: string | undefined,
  ): Promise<RemoteServer | undefined> {
    const name = new URL(origin).host.slice(0, 60)
    if (fingerprint !== undefined) return addServer(input, { name, origin, fingerprint })
    const { connectNoFingerprint: detail, cancel } = texts
    await shell.ask({ title: texts.connectTitle(name), detail, buttons: [cancel] })
    return undefined
  }
}
