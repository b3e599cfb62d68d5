/** Attacks over the network, and over sockets of any kind. */
import { NODE_WORD, outcomeOf, type Attack, type AttackedNode } from './attack.ts'
import { METADATA_TARGETS } from './metadata-service.ts'

const NOTHING = { verdict: 'notPromised', words: '' } as const

export const NETWORK_ATTACKS: readonly Attack[] = [
  {
    name: 'reach services of the node: the agent, the node link, private ports of the API',
    needs: 'networks',
    promises: {
      process: NOTHING,
      plainBubblewrap: { verdict: 'notPromised', words: 'it shares the network of the node' },
      bubblewrap: {
        verdict: 'denied',
        words: 'by none of its addresses and no unix socket',
      },
      containerd: { verdict: 'denied', words: 'by none of its addresses and no unix socket' },
    },
    source: ({ addresses, nodePort, loopbackPort, nodeSockets }) =>
      dialing(NODE_WORD, [
        ...[...addresses, '127.0.0.1', '::1'].map((host) => ({ host, port: nodePort })),
        { host: '127.0.0.1', port: loopbackPort },
        ...nodeSockets.map((path) => ({ path })),
      ]),
  },
  {
    name: 'reach unix sockets of other services of the node that everybody may open',
    promises: {
      process: NOTHING,
      plainBubblewrap: { verdict: 'notPromised', words: 'those in `/run` and `/tmp` are not there, others are' },
      bubblewrap: { verdict: 'notPromised', words: 'those in `/run` and `/tmp` are not there, others are' },
      containerd: { verdict: 'denied', words: 'not there' },
    },
    source: ({ openSocket }) => dialing(NODE_WORD, [{ path: openSocket }]),
  },
  {
    name: 'reach other pods',
    needs: 'networks',
    promises: {
      process: NOTHING,
      plainBubblewrap: { verdict: 'notPromised', words: 'it shares the network of the node' },
      bubblewrap: {
        verdict: 'denied',
        words: 'neither at their addresses nor by their endpoints',
      },
      containerd: { verdict: 'denied', words: 'neither at their addresses nor by their endpoints' },
    },
    source: ({ neighbour: { podId, address, endpointPort }, addresses }) =>
      dialing(podId, [address, ...[...addresses, '127.0.0.1'].map((host) => ({ host, port: endpointPort }))]),
  },
  {
    name: 'reach the metadata service of the machine',
    needs: 'networks',
    promises: {
      process: { ...NOTHING, isOpen: true },
      plainBubblewrap: { verdict: 'notPromised', words: 'it shares the network of the node', isOpen: true },
      bubblewrap: { verdict: 'denied', words: '' },
      containerd: { verdict: 'denied', words: '' },
    },
    source: ({ hasOwnNetworks }) =>
      hasOwnNetworks ? dialing(NODE_WORD, METADATA_TARGETS) : `say('succeeded', 'whatever its machine reaches')`, // A real one may be there, and is nobody's to test.
    wantsMetadataService: true,
  },
  {
    name: 'speak for another pod over the session service',
    promises: {
      process: { verdict: 'notPromised', words: 'its socket says who speaks, but it can open those of others' },
      plainBubblewrap: { verdict: 'denied', words: 'its socket says who speaks; those of others are not there' },
      bubblewrap: { verdict: 'denied', words: 'its socket says who speaks; those of others are not there' },
      containerd: { verdict: 'denied', words: 'its socket says who speaks; those of others are not there' },
    },
    source: (node) => speaking(node),
    wordsToHear: 3,
    // What it said in the neighbour's name was heard, and taken for its own.
    judge: (result) => {
      const outcome = outcomeOf(result)
      return result.wasHeard.join() === 'hello,opened ses-neighbour,closed ses-neighbour' ? outcome : 'succeeded'
    },
  },
]

type Target = { readonly host: string; readonly port: number } | { readonly path: string }

/** Reached is who says its word: whoever has an address by now may be anybody. */
function dialing(word: string, targets: readonly Target[]): string {
  return `
    const dial = (target) => new Promise((resolve) => {
      const socket = net.connect({ ...target, timeout: 1_500 })
      const settle = (isReached) => { socket.destroy(); resolve(isReached ? [target] : []) }
      socket.once('data', (bytes) => settle(bytes.includes(${JSON.stringify(word)})))
      for (const event of ['error', 'timeout', 'end']) socket.once(event, () => settle(false))
    })
    Promise.all(${JSON.stringify(targets)}.map(dial)).then((all) => deny(all.flat()))`
}

/**
 * Says in the neighbour's name what an application says, over its own socket, and waits for the answer; then tries the
 * neighbour's. The suite looks whether anybody heard the neighbour speak.
 */
function speaking({ neighbour: { sessionSocket, forgedWords } }: AttackedNode): string {
  return `
    const http2 = require('node:http2')
    const speak = (path) => new Promise((resolve) => {
      const session = http2.connect('http://localhost', { createConnection: () => net.connect({ path }) })
      session.once('error', () => resolve(false))
      const call = session.request({ ':method': 'POST', ':path': '/fornax.session.v1.SessionService/Serve',
        'content-type': 'application/grpc', te: 'trailers' })
      call.once('error', () => resolve(false))
      const answered = new Promise((then) => call.once('data', then))
      const said = ${JSON.stringify(forgedWords)}.map((word) => new Promise((then) => call.write(Buffer.from(word, 'base64'), then)))
      Promise.all([answered, ...said]).then(() => resolve(true))
    })
    const own = process.env.FORNAX_SESSION_SOCKET
    const folder = require('node:path').dirname(require('node:path').dirname(own))
    const others = fs.readdirSync(folder).filter((name) => name.startsWith('pod-')).map((name) => folder + '/' + name + '/session.sock')
    const foreign = [...new Set([${JSON.stringify(sessionSocket)}, ...others])].filter((path) => path !== own)
    speak(own).then(async (isAnswered) => {
      if (!isAnswered) throw new Error('its own socket did not answer')
      deny((await Promise.all(foreign.map(speak))).filter(Boolean))
    })`
}
