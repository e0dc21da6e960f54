// A health check runs every half minute for ever: it loads nothing but itself.
const [, , word] = process.argv
if (word === 'health') {
  const { runHealthCheck } = await import('./cli/health-command.ts')
  await runHealthCheck(process.argv)
} else {
  const { allowYoungGeneration } = await import('./platform/young-generation.ts')
  allowYoungGeneration('stay')
  const { loadCommandLine, runCommandLine } = await import('./cli/program.ts')
  const program = await loadCommandLine(process.argv)
  allowYoungGeneration('grow')
  await runCommandLine(program, process.argv)
}
