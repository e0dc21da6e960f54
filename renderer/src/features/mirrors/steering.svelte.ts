import type { App } from '../../app/context.ts'
import { explain } from '../../app/explain.ts'

/** What the buttons of a status do: one after the other, told, and looked at afterwards. */
export function createSteering(app: Pick<App, 'toasts'>, reload: () => Promise<unknown>) {
  let working = $state<string>()

  return {
    /** The name of what is under way. */
    get working() {
      return working
    },

    async act(name: string, work: () => Promise<unknown>, done?: string): Promise<void> {
      working = name
      try {
        await work()
        if (done !== undefined) app.toasts.success(done)
      } catch (cause) {
        app.toasts.failure(explain(cause).message)
      } finally {
        await reload()
        working = undefined
      }
    },
  }
}
