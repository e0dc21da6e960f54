/** A letter on one of the theme's colors, the same for the same account everywhere. */
export function avatarLook({ name, hash }: { readonly name: string; readonly hash: string }) {
  const first = name.slice(name.indexOf('+') + 1)[0] ?? '?'
  const number = Number.parseInt(hash.slice(0, 6), 16)
  const color = (Number.isNaN(number) ? 0 : number) % 6
  return { letter: first.toUpperCase(), color: (color + 1) as 1 | 2 | 3 | 4 | 5 | 6 }
}
