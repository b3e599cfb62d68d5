/**
 * For tests: an agent's process that is there to be killed. It opens a runtime
 * on a folder, starts the pod `pod-a` with the session `ses-a`, tells how to
 * find it in one line of JSON, and waits for its end. A line of input closes the
 * session; the end of the input destroys the pod and ends the agent in an orderly way.
 *
 *   node scratch-agent.ts FOLDER HOST_PORT [HOST]
 */
import { createInterface } from 'node:readline'
import { createBubblewrapRuntime } from '../bubblewrap-runtime.ts'
import { greeter, scratchOptions } from './scratch-orders.ts'

const [, , folder = '', port = '0', host = '127.0.0.1'] = process.argv
const runtime = await createBubblewrapRuntime(scratchOptions(folder, host))
const hostPorts = runtime.portsBelongTo === 'pod' ? [Number(port)] : []
const result = await runtime.createPod({ ...greeter('pod-a'), hostPorts })
if (result.kind === 'failed') throw new Error(result.reason)
const opened = await result.pod.openEndpoints({ sessionId: 'ses-a', hostPorts: [Number(port)] })
const { portsBelongTo, podOwner } = runtime
console.log(JSON.stringify({ handle: result.pod.handle, opened, portsBelongTo, podOwner }))

for await (const line of createInterface(process.stdin)) {
  await result.pod.closeEndpoints('ses-a')
  console.log(`closed, because asked to ${line}`)
}
await runtime.destroyPod('pod-a')
await runtime[Symbol.asyncDispose]()
