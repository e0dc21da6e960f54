import { createSubscriber } from 'svelte/reactivity'

const renewed = createSubscriber((update) => {
  const timer = setInterval(update, 30_000)
  return () => {
    clearInterval(timer)
  }
})

/** The time; where a component shows it, it is renewed each half minute. */
export function now(): number {
  renewed()
  return Date.now()
}
