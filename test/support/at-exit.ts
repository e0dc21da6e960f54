const tasks = new Set<() => void>()
const signals = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const

/**
 * Runs `task` when the process ends, also by a signal that asks it to: a test run that is cut short
 * leaves no server and no folder behind. @returns a function that takes the task back.
 */
export function atExit(task: () => void): () => void {
  if (tasks.size === 0) listen()
  tasks.add(task)
  return () => {
    tasks.delete(task)
    if (tasks.size === 0) unlisten()
  }
}

/** The last comes first: a server ends before the folder it writes to goes. */
function runTasks(): void {
  for (const task of [...tasks].reverse()) task()
}

function endBySignal(signal: keyof typeof signals): void {
  process.exit(128 + signals[signal])
}

function listen(): void {
  process.on('exit', runTasks)
  for (const signal of Object.keys(signals)) process.on(signal, endBySignal)
}

function unlisten(): void {
  process.off('exit', runTasks)
  for (const signal of Object.keys(signals)) process.off(signal, endBySignal)
}
