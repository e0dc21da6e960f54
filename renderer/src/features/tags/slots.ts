/** What stands in a message's parameter until a link is put there: nobody types it. */
const mark = '\u{E000}'

/** For parameters of a message; the number says which snippet takes the place. */
export const slot = (at: number) => `${mark}${String(at)}${mark}`

/** A message in pieces: texts, and the numbers of what stands between them. */
export function splitSlots(message: string): readonly (string | number)[] {
  return message
    .split(mark)
    .map((piece, at) => (at % 2 === 0 ? piece : Number(piece)))
    .filter((piece) => piece !== '')
}
