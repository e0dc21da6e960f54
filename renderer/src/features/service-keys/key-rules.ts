/** Of names that people give keys, and of services. */
export const keyNamePattern = /^[\s a-zA-Z0-9\-_:/]*$/
export const servicePattern = /^[a-z0-9_]+$/
