import v8 from 'node:v8'

/**
 * V8 doubles its space for new objects whenever enough of them stay alive, and hardly ever takes that
 * back. A program that is being loaded is nothing but objects that stay: it would leave a space of some
 * 60 MB that an idle server has no use for. Under load it grows as it always did.
 */
export function allowYoungGeneration(to: 'stay' | 'grow'): void {
  v8.setFlagsFromString(`--semi-space-growth-factor=${to === 'grow' ? 2 : 1}`)
}
