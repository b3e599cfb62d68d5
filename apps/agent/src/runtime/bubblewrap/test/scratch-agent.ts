/**
 * For tests: an agent's process that is there to be killed. It opens a runtime
 * on a folder, starts the pod `pod-a` with the session `ses-a`, tells how to
 * find it in one line of JSON, and waits for its end.
 *
 *   node scratch-agent.ts FOLDER HOST_PORT
 */
import { createBubblewrapRuntime } from '../bubblewrap-runtime.ts'
import { greeter, scratchOptions } from './scratch-orders.ts'

const [, , folder = '', port = '0'] = process.argv
const runtime = await createBubblewrapRuntime(scratchOptions(folder))
const hostPorts = runtime.portsBelongTo === 'pod' ? [Number(port)] : []
const result = await runtime.createPod({ ...greeter('pod-a'), hostPorts })
if (result.kind === 'failed') throw new Error(result.reason)
const opened = await result.pod.openEndpoints({ sessionId: 'ses-a', hostPorts: [Number(port)] })
const { portsBelongTo, podOwner } = runtime
console.log(JSON.stringify({ handle: result.pod.handle, opened, portsBelongTo, podOwner }))
process.stdin.resume()
