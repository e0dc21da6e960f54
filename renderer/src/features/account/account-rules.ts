/** As the server has them; it decides again. */
export const shortestPassword = 8
export const emailPattern = /^[^\s@]+@[^\s@]+$/
/** Of names that are confirmed after an external login. */
export const confirmedNamePattern = /^(?=.{2,255}$)[a-z0-9]+(?:[._-][a-z0-9]+)*$/
