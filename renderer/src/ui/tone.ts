import type { Component } from 'svelte'
import CircleAlert from '@lucide/svelte/icons/circle-alert'
import CircleCheck from '@lucide/svelte/icons/circle-check'
import CircleDot from '@lucide/svelte/icons/circle-dot'
import Info from '@lucide/svelte/icons/info'
import TriangleAlert from '@lucide/svelte/icons/triangle-alert'
import type { LucideProps } from '@lucide/svelte'

export type Tone = 'neutral' | 'info' | 'success' | 'warning' | 'danger'
export type Icon = Component<LucideProps>

export const toneIcons: Readonly<Record<Tone, Icon>> = {
  neutral: CircleDot,
  info: Info,
  success: CircleCheck,
  warning: TriangleAlert,
  danger: CircleAlert,
}

export const toneTexts: Readonly<Record<Tone, string>> = {
  neutral: 'text-muted',
  info: 'text-info',
  success: 'text-success',
  warning: 'text-warning',
  danger: 'text-danger',
}

export const toneSurfaces: Readonly<Record<Tone, string>> = {
  neutral: 'bg-sunken text-ink border-line',
  info: 'bg-info-soft text-info border-info',
  success: 'bg-success-soft text-success border-success',
  warning: 'bg-warning-soft text-warning border-warning',
  danger: 'bg-danger-soft text-danger border-danger',
}
