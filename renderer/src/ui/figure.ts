import type { Tone } from './tone.ts'

/** The nth color of a figure; after the sixth they repeat, and patterns tell them apart. */
export const chartFills = [
  'fill-chart-1',
  'fill-chart-2',
  'fill-chart-3',
  'fill-chart-4',
  'fill-chart-5',
  'fill-chart-6',
] as const

export const chartSurfaces = [
  'bg-chart-1',
  'bg-chart-2',
  'bg-chart-3',
  'bg-chart-4',
  'bg-chart-5',
  'bg-chart-6',
] as const

const toneFills: Readonly<Record<Tone, string>> = {
  neutral: 'fill-chart-6',
  info: 'fill-info',
  success: 'fill-success',
  warning: 'fill-warning',
  danger: 'fill-danger',
}

const toneSurfaces: Readonly<Record<Tone, string>> = {
  neutral: 'bg-chart-6',
  info: 'bg-info',
  success: 'bg-success',
  warning: 'bg-warning',
  danger: 'bg-danger',
}

export function figureFill(index: number, tone: Tone | undefined): string {
  return tone === undefined ? (chartFills[index % chartFills.length] ?? '') : toneFills[tone]
}

export function figureSurface(index: number, tone: Tone | undefined): string {
  return tone === undefined
    ? (chartSurfaces[index % chartSurfaces.length] ?? '')
    : toneSurfaces[tone]
}
