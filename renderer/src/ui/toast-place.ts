export interface Box {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

/** What may not be covered, and how badly that would be missed. */
export interface Obstacle extends Box {
  readonly weight: number
}

export interface Place {
  readonly left: number
  readonly top: number
}

const margin = 16
const step = 8
const gap = 4

/**
 * Where something of this size lies over no obstacle: where it is now, else at the lower end, else
 * as near to that as there is room. Where there is room nowhere, it covers as little as can be.
 */
export function choosePlace(
  size: { readonly width: number; readonly height: number },
  screen: { readonly width: number; readonly height: number },
  obstacles: readonly Obstacle[],
  current?: Place,
): Place {
  const right = Math.max(screen.width - size.width - margin, 0)
  const lowest = Math.max(screen.height - size.height - margin, 0)
  const columns = [...new Set([right, Math.floor(screen.width - size.width) / 2, margin])].filter(
    (left) => left >= 0 && left <= right,
  )
  const isOnScreen = current !== undefined && current.left <= right && current.top <= lowest
  let best: Place = { left: right, top: lowest }
  let leastCovered = Infinity
  const isFree = (place: Place) => {
    const covered = coveredAt(place, size, obstacles)
    if (covered < leastCovered) [best, leastCovered] = [place, covered]
    return covered === 0
  }
  if (isOnScreen && isFree(current)) return current
  for (let top = lowest; top >= margin; top -= step) {
    for (const left of columns) {
      if (isFree({ left, top })) return best
    }
  }
  return best
}

function coveredAt(
  { left, top }: Place,
  { width, height }: { readonly width: number; readonly height: number },
  obstacles: readonly Obstacle[],
): number {
  let covered = 0
  for (const one of obstacles) {
    const across = Math.min(left + width + gap, one.right) - Math.max(left - gap, one.left)
    const down = Math.min(top + height + gap, one.bottom) - Math.max(top - gap, one.top)
    if (across > 0 && down > 0) covered += across * down * one.weight
  }
  return covered
}

const controls = [
  ...['a[href]', 'button', 'input', 'select', 'textarea', 'summary', 'label'],
  ...['[role="button"]', '[role="menu"]', '[role="listbox"]', '[role="combobox"]'],
  ...['[role="switch"]', '[role="checkbox"]', '[role="tab"]', '[role="alert"]'],
].join()
const layers = '[aria-modal="true"]'
const overLayers = '[role="menu"], [role="listbox"], [role="dialog"]:not([aria-modal])'

/** What a person on this page may want to press or read now, besides what is in `except`. */
export function obstaclesOn(page: Document, except: Element): readonly Obstacle[] {
  const layer = [...page.querySelectorAll(layers)].at(-1)
  const found = [
    ...(layer ?? page.body).querySelectorAll(controls),
    ...(layer === undefined ? [] : page.querySelectorAll(overLayers)),
  ]
  const obstacles: Obstacle[] = []
  for (const element of found) {
    if (except.contains(element)) continue
    const { left, top, right, bottom } = element.getBoundingClientRect()
    // Texts for readers of the screen alone have a size of one.
    if (right - left < 2 || bottom - top < 2) continue
    const weight = element === page.activeElement ? 100 : 1
    obstacles.push({ left, top, right, bottom, weight })
  }
  return obstacles
}

/** A press on a message is none beside the layer under it. */
export function isAmongMessages(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('[data-messages]') !== null
}
