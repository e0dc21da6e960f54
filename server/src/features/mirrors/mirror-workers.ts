/** Leases by which the processes that look after mirrors are counted. */
export const workerPrefix = 'mirror-worker:'
