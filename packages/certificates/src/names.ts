/**
 * How certificates of the node link name things.
 *
 *   a node:  URI:fornax://node/<node name>/<identity id>      for clients of TLS only
 *   a core:  DNS:core.fornax                                  for servers of TLS only
 *
 * Agents reach a core under addresses that it does not know, so all cores go by one name, and the authority that signed
 * for it says which cluster they are of.
 */

/** The name that every core answers to on the node link. */
export const CORE_NAME = 'core.fornax'

/** Whom a node's certificate speaks for. */
export type NodeSubject = {
  readonly nodeName: string
  /** Random; made anew each time a machine joins under the name, and kept when its certificate is renewed. */
  readonly identityId: string
}

const NODE_URI = /^fornax:\/\/node\/([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)\/([a-z0-9-]{1,64})$/

/** As an alternative name of a certificate. */
export function uriOfNode({ nodeName, identityId }: NodeSubject): string {
  return `fornax://node/${nodeName}/${identityId}`
}

/** Null when a URI names no node. */
export function nodeOfUri(uri: string): NodeSubject | null {
  const [, nodeName, identityId] = NODE_URI.exec(uri) ?? []
  return nodeName === undefined || identityId === undefined ? null : { nodeName, identityId }
}
