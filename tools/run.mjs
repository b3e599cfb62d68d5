/**
 * The first step of every script: it runs on whatever Node a machine has, installs
 * what the lock file says, and goes on with the Node that is pinned there. So it is
 * plain JavaScript, and looks at the version before it loads anything newer.
 */
const [major, minor] = process.versions.node.split('.').map(Number)

if (major > 20 || (major === 20 && minor >= 19)) {
  const { runScript } = await import('./setup/run-script.mjs')
  process.exitCode = await runScript(process.argv.slice(2))
} else {
  console.error(`Fornax needs Node 20.19 or newer to start; this is Node ${process.versions.node}.`)
  console.error(
    'Install a newer Node from your system, a version manager or nodejs.org, and run the same command again.',
  )
  process.exitCode = 1
}
