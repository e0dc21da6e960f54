import type { Page } from 'playwright-core'

export const widths = {
  narrow: { width: 320, height: 640 },
  wide: { width: 1280, height: 900 },
  usual: { width: 768, height: 900 },
} as const

// Run in the page, whose types this program does not know.

/**
 * Makes every text two fifths longer, as other languages are, with accents, and with spaces only
 * where long ones have them. Identifiers and code stay as they are.
 */
const lengthen = `(() => {
  const accents = { a: 'á', e: 'é', i: 'í', o: 'ö', u: 'ü', c: 'ç', n: 'ñ', s: 'š' }
  const longer = (text) => {
    const filler = 'örü'.repeat(Math.ceil(text.length * 0.4)).slice(0, Math.ceil(text.length * 0.4))
    const words = filler.length < 8 ? filler : ' ' + (filler.match(/.{1,7}/g) ?? []).join(' ')
    return text.replaceAll(/[aeioucns]/g, (letter) => accents[letter]) + words
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  const texts = []
  while (walker.nextNode()) texts.push(walker.currentNode)
  for (const node of texts) {
    const text = node.data.trim()
    if (!/[a-z]{2}/i.test(text) || node.parentElement?.closest('code,pre,kbd,option,.font-mono,a[href*="/repository/"]')) continue
    node.data = node.data.replace(text, () => longer(text))
  }
})()`

/** Texts that reach out of the screen, or of something that does not let them be seen. */
const cutTexts = `(() => {
  const seen = []
  for (const element of document.querySelectorAll('body *')) {
    const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== '')
    if (!hasText || !element.checkVisibility()) continue
    if (element.closest('.sr-only,[inert],[aria-hidden="true"],svg,option')) continue
    const { right, left, width, height } = element.getBoundingClientRect()
    if (width <= 1 || height <= 1) continue
    let edge = innerWidth
    for (let at = element; at !== null; at = at.parentElement) {
      const { overflowX, textOverflow, position } = getComputedStyle(at)
      if (overflowX === 'auto' || overflowX === 'scroll') { edge = Infinity; break }
      if (at !== document.documentElement && (overflowX === 'hidden' || overflowX === 'clip')) {
        // An ellipsis says that there is more.
        edge = textOverflow === 'ellipsis' ? Infinity : Math.min(edge, at.getBoundingClientRect().right)
        if (at === element && textOverflow !== 'ellipsis' && at.scrollWidth > at.clientWidth + 1) edge = -1
        break
      }
      if (position === 'fixed') break
    }
    if (right > edge + 1 || left < -1) seen.push(element.outerHTML.slice(0, 140))
  }
  return seen.slice(0, 4)
})()`

/** What does not fit on a telephone or a usual screen once the texts of a page are longer. */
export async function longerTexts(page: Page): Promise<readonly string[]> {
  await page.evaluate(lengthen)
  const faults: string[] = []
  for (const size of [widths.wide, widths.narrow]) {
    await page.setViewportSize(size)
    const found = await page.evaluate<readonly string[]>(cutTexts)
    faults.push(...found.map((element) => `${String(size.width)}: ${element}`))
  }
  return faults
}
