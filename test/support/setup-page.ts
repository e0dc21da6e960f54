import { expect } from 'vitest'
import type { Visitor } from './browser.ts'

/** What everybody does on the pages of the setup, whichever way they go. */
export function setupPage(visitor: Visitor) {
  const { page } = visitor
  const press = (name: string) => page.getByRole('button', { name }).click()
  return {
    /** Pastes the code into its four boxes. */
    async enter(code: string) {
      const box = page.getByRole('textbox', { name: 'Setup code, group 1 of 4' })
      await box.waitFor()
      await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(code)})`)
      await box.focus()
      await page.keyboard.press('Control+V')
      await press('Continue')
    },
    heading: (name: string) => page.getByRole('heading', { level: 1, name, exact: true }).waitFor(),
    test: () => page.getByRole('button', { name: /^Test( again)?$/ }).click(),
    goOn: () => press('Save and continue'),
    /** What a button gives out. */
    async download(button: string) {
      const download = page.waitForEvent('download')
      await press(button)
      return download
    },
    async looksRight() {
      expect(await visitor.findings()).toEqual([])
      expect(await visitor.overflow()).toEqual([])
      expect(visitor.complaints).toEqual([])
    },
  }
}
