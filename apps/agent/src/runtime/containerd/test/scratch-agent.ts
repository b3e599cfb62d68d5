/**
 * For tests: an agent's process that is there to be killed. It opens a runtime on
 * a containerd, starts the pod `pod-a` with the session `ses-a`, tells how to find
 * it in one line of JSON, and waits for its end. A line of input closes the
 * session; the end of the input destroys the pod and ends the agent in an orderly way.
 *
 *   node scratch-agent.ts SOCKET FOLDER HOST_PORT [HOST [stocked]]
 *
 * `stocked`: it keeps a sandbox ready, and tells when there is one beside its pod.
 */
import { createInterface } from 'node:readline'
import { sleep, systemClock } from '@fornax/kernel/clock'
import { greeter } from '../../bubblewrap/test/scratch-orders.ts'
import { inImage, openScratchRuntime } from './scratch-runtime.ts'

const [, , socketPath = '', folder = '', port = '0', host = '127.0.0.1', stocked] = process.argv
const stock = stocked === undefined ? {} : { stock: { least: 1, most: 1 } }
const runtime = await openScratchRuntime({ socketPath }, folder, { host, ...stock })
const result = await runtime.createPod(inImage(greeter('pod-a')))
if (result.kind === 'failed') throw new Error(result.reason)
const opened = await result.pod.openEndpoints({ sessionId: 'ses-a', hostPorts: [Number(port)] })
if (stocked !== undefined) while (runtime.stockSize === 0) await sleep(systemClock, 20)
const probe = result.pod.probeAddress('game')
console.log(JSON.stringify({ handle: result.pod.handle, opened, address: probe?.host }))

for await (const line of createInterface(process.stdin)) {
  await result.pod.closeEndpoints('ses-a')
  console.log(`closed, because asked to ${line}`)
}
await runtime.destroyPod('pod-a')
await runtime[Symbol.asyncDispose]()
