/** How hard a password is to guess, roughly; the server refuses those that everybody tries. */
export function strengthOf(password: string): 0 | 1 | 2 | 3 | 4 {
  if (password.length < 12) return password.length < 8 ? 0 : 1
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter((kind) =>
    kind.test(password),
  ).length
  const different = new Set(password).size
  if (different < 6) return 1
  const bits = password.length * Math.log2(10 + 18 * kinds) * Math.min(1, different / 10)
  if (bits >= 100) return 4
  return bits >= 70 ? 3 : 2
}
