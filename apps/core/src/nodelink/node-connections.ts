/** The nodes that are connected: one `NodeConnection` each, whatever carries its frames. */
import type { NodeCommand } from '../fleet/node-command.ts'
import type { NodeIntroduction } from '../nodes/node.ts'
import {
  NodeConnection,
  type ConnectionPorts,
  type NodePeer,
  type NodeStream,
  type Refusal,
} from './node-connection.ts'

export type NodeConnectionsPorts = Omit<ConnectionPorts, 'join' | 'left' | 'hasGreeted'> & {
  readonly nodeConnected: (introduction: NodeIntroduction) => 'accepted' | 'nameTaken'
  readonly nodeDisconnected: (nodeName: string) => void
}

export class NodeConnections implements Disposable {
  readonly #options: NodeConnectionsPorts
  readonly #ports: ConnectionPorts
  readonly #connections = new Map<string, NodeConnection>()
  /** The ledgers of all nodes that this core has let in, under whatever name. */
  readonly #greeted = new Set<string>()

  constructor(options: NodeConnectionsPorts) {
    this.#options = options
    this.#ports = {
      ...options,
      hasGreeted: (ledgerId) => this.#greeted.has(ledgerId),
      join: (connection, introduction) => this.#join(connection, introduction),
      left: (connection) => this.#left(connection),
    }
  }

  /** A node has opened a stream; its hello says what it is like. */
  open(stream: NodeStream, peer: NodePeer): NodeConnection {
    return new NodeConnection(this.#ports, stream, peer)
  }

  /** Ends the stream of a node at once, if it has one. */
  cut(nodeName: string, refusal: Refusal): void {
    this.#connections.get(nodeName)?.refuse(refusal)
  }

  /** Puts a command on the node's stream; without one it is dropped. */
  tell(nodeName: string, command: NodeCommand): void {
    this.#connections.get(nodeName)?.send(command)
  }

  /** Null when the node is not connected. */
  connection(nodeName: string): NodeConnection | null {
    return this.#connections.get(nodeName) ?? null
  }

  /** Ends every stream; the nodes come again. */
  [Symbol.dispose](): void {
    for (const connection of this.#connections.values()) connection.end()
  }

  #join(connection: NodeConnection, introduction: NodeIntroduction): 'accepted' | 'nameTaken' {
    const verdict = this.#options.nodeConnected(introduction)
    if (verdict === 'nameTaken') return verdict
    this.#greeted.add(introduction.ledgerId)
    const before = this.#connections.get(introduction.name)
    this.#connections.set(introduction.name, connection)
    before?.refuse({ code: 'aborted', message: 'the node has connected anew' })
    return verdict
  }

  /** The stream that a newer one replaced ends without a word to the fleet. */
  #left(connection: NodeConnection): void {
    const { nodeName } = connection
    if (nodeName === null || this.#connections.get(nodeName) !== connection) return
    this.#connections.delete(nodeName)
    this.#options.nodeDisconnected(nodeName)
  }
}
