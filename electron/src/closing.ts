import type { MainWindow } from './main-window.ts'
import type { SettingsFile } from './settings.ts'
import type { Shell, Stoppable } from './shell.ts'
import type { Texts } from './texts.ts'
import type { Work } from './busy.ts'

export interface Closing {
  readonly event: Stoppable
  readonly shell: Shell
  readonly settings: SettingsFile
  readonly texts: Texts
  readonly hasTray: boolean
  /** The registry goes on without this program. */
  readonly isService: boolean
  readonly window: Pick<MainWindow, 'hide'>
}

/**
 * Somebody closes the window. With a tray the program goes on there, once that was explained and
 * chosen. Without one it would go on where nobody finds it, so it ends or the window stays.
 */
export async function closeOrHide(closing: Closing): Promise<void> {
  const { event, shell, settings, texts, hasTray, isService, window } = closing
  event.preventDefault()
  if (!hasTray && isService) {
    shell.quit()
    return
  }
  if (!hasTray) {
    const buttons = [texts.quit, texts.keepOpen]
    const { closeTitle: title, closeNoTrayDetail: detail } = texts
    if ((await shell.ask({ title, detail, buttons })) === 0) shell.quit()
    return
  }
  const chosen = settings.read().onClose ?? (await chooseOnce(closing))
  if (chosen === 'keep-running') window.hide()
  else if (chosen === 'quit') shell.quit()
}

async function chooseOnce({ shell, settings, texts }: Closing) {
  const buttons = [texts.keepRunning, texts.quit, texts.cancel]
  const { closeTitle: title, closeDetail: detail } = texts
  const answer = await shell.ask({ title, detail, buttons })
  const onClose = answer === 0 ? 'keep-running' : answer === 1 ? 'quit' : undefined
  if (onClose !== undefined) settings.change({ onClose })
  return onClose
}

/** Whether it is fine to end now; asks while clients are pushing or a job runs. */
export async function mayQuit({
  shell,
  texts,
  work,
}: {
  readonly shell: Shell
  readonly texts: Texts
  readonly work: Work
}): Promise<boolean> {
  const { uploads, jobs } = work
  if (uploads === 0 && jobs.length === 0) return true
  const { quitTitle: title, quitDetail } = texts
  const buttons = [texts.quit, texts.cancel]
  return (await shell.ask({ title, detail: quitDetail(uploads, jobs), buttons })) === 0
}
