const organization = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/
const username = /^[a-z0-9_][a-z0-9_-]*$/
const email = /^[^\s@]+@[^\s@]+\.[^\s@]+$/

export const shortestPassword = 8

const hasLength = (name: string) => name.length >= 2 && name.length <= 255

/** The rule of organizations, teams and robots; the server has the last word, here too. */
export const isOrganizationName = (name: string) => hasLength(name) && organization.test(name)
export const isTeamName = isOrganizationName
export const isUsername = (name: string) => hasLength(name) && username.test(name)
export const isEmail = (address: string) => email.test(address)
