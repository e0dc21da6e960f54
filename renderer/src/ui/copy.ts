/**
 * Puts a text on the clipboard. Over plain HTTP browsers hide the clipboard API: then an invisible
 * box and the old copy command do it.
 * @returns whether it worked; if not, whoever asked selects the text and says so
 */
export async function copyText(text: string): Promise<boolean> {
  try {
    // Absent where the page is not a secure context, whatever the types say.
    const clipboard = (navigator as { clipboard?: Clipboard }).clipboard
    if (clipboard !== undefined) {
      await clipboard.writeText(text)
      return true
    }
  } catch {
    // Refused, as in frames and in windows without focus: the older way may still work.
  }
  return copyByCommand(text)
}

function copyByCommand(text: string): boolean {
  const focused = document.activeElement
  // Inside an open dialog, as its focus trap lets nothing else be selected.
  const place = focused?.closest('[role="dialog"], [role="alertdialog"]') ?? document.body
  const box = document.createElement('textarea')
  box.value = text
  box.readOnly = true
  box.className = 'sr-only'
  box.setAttribute('aria-hidden', 'true')
  place.append(box)
  box.select()
  try {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only way without HTTPS
    return document.execCommand('copy')
  } catch {
    return false
  } finally {
    box.remove()
    if (focused instanceof HTMLElement) focused.focus()
  }
}
