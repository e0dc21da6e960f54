import { getContext, setContext } from 'svelte'

const key = Symbol('failure-help')

/** Where a failure sends people who want to know what helps. */
export const provideFailureHelp = (href: () => string) => setContext(key, href)

export const failureHelp = (): (() => string) | undefined => getContext(key)
