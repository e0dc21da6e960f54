import type { ServerSupervisor } from './server-supervisor.ts'
import {
  findMooringCommand,
  installCall,
  serviceCall,
  type ProgramEnd,
  type RunProgram,
} from './service-commands.ts'
import type { SettingsFile } from './settings.ts'
import type { Shell } from './shell.ts'
import type { Texts } from './texts.ts'

export interface HandoverInput {
  readonly shell: Pick<Shell, 'platform' | 'ask'>
  readonly settings: SettingsFile
  readonly server: Pick<ServerSupervisor, 'state' | 'start' | 'stop'>
  readonly texts: Texts
  readonly environment: NodeJS.ProcessEnv
  readonly run: RunProgram
  readonly isThere?: (path: string) => boolean
  /** Starts this program anew, which then does as the settings say. */
  readonly relaunch: () => void
}

/** Between a registry that this program runs and one that a service of this account runs. */
export function createHandover(input: HandoverInput) {
  const { shell, settings, server, texts, environment, run, relaunch } = input
  const explain = async (detail: string) => {
    await shell.ask({ title: texts.serviceTitle, detail, buttons: [texts.cancel] })
  }
  const complain = async ({ output }: ProgramEnd) => {
    const detail = output.split('\n').slice(-12).join('\n')
    await shell.ask({ title: texts.serviceFailed, detail, buttons: [texts.cancel] })
  }

  return {
    async toService(): Promise<void> {
      const state = server.state()
      if (shell.platform !== 'linux') return explain(texts.serviceElsewhere)
      const program = findMooringCommand(environment, input.isThere)
      if (program === undefined) return explain(texts.serviceNeedsProgram)
      if (state.kind !== 'running') return explain(texts.serviceNeedsSetup)
      const buttons = [texts.runAsService, texts.cancel]
      const question = { title: texts.serviceTitle, detail: texts.serviceDetail, buttons }
      if ((await shell.ask(question)) !== 0) return
      await server.stop()
      const end = await run(installCall(program, environment))
      if (!end.succeeded) {
        server.start()
        return complain(end)
      }
      const { url, address } = state
      const pin = {
        fingerprints: [...state.pin.fingerprints],
        authorities: [...state.pin.authorities],
      }
      settings.change({ service: { program, url, address, pin } })
      relaunch()
    },

    async toProgram(): Promise<void> {
      const { service } = settings.read()
      if (service === undefined) return
      const buttons = [texts.runHere, texts.cancel]
      const question = { title: texts.runHereTitle, detail: texts.runHereDetail, buttons }
      if ((await shell.ask(question)) !== 0) return
      const end = await run(serviceCall(service.program, 'uninstall'))
      if (!end.succeeded) return complain(end)
      settings.change({ service: undefined })
      relaunch()
    },
  }
}
