import { WelcomeValues } from '../../contract/setup-steps.ts'
import type { Step } from '../step.ts'

export const welcomeStep: Step<'welcome'> = {
  id: 'welcome',
  schema: WelcomeValues,
  defaults: () => Promise.resolve({ language: 'en' }),
  async *check() {},
  summary: ({ language }) => [
    { label: 'Language', value: language === 'ja' ? '日本語' : 'English' },
  ],
}
