/** The load tool: a process of its own, so that nothing else delays what it sends and measures. */
import { lowerV8Threads } from '@fornax/kernel/v8-threads'
import { parseLoadJob } from './load-job.ts'
import { runLoad } from './run-load.ts'

lowerV8Threads()

process.on('message', (message) => {
  const job = parseLoadJob(message)
  if (job === null) process.disconnect()
  else
    runLoad(job, (told) => process.send?.({ type: 'progress', ...told })).then(
      (outcome) => process.send?.(outcome),
      (error: unknown) => {
        console.error(error)
        process.exitCode = 1
        process.disconnect()
      },
    )
})
process.on('SIGINT', () => undefined) // A terminal sends it to everybody; the bench says when it is over.
process.send?.({ type: 'ready' })
