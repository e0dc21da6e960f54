import { WelcomeValues } from '../../contract/setup-steps.ts'
import type { Step } from '../step.ts'
import { checkMachine } from './welcome-check.ts'

export const welcomeStep: Step<'welcome'> = {
  id: 'welcome',
  schema: WelcomeValues,
  defaults: () => Promise.resolve({ language: 'en' }),
  check: (_values, context) => checkMachine(context),
  summary: ({ language }) => [
    { label: 'Language', value: language === 'ja' ? '日本語' : 'English' },
  ],
}
