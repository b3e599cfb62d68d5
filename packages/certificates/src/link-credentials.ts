/** TLS 1.3 for the node link: everybody is asked for a certificate, and who has none may do no more than join. */
import type { SecureContextOptions } from 'node:tls'
import { ServerCredentials } from '@grpc/grpc-js'

export class LinkCredentials extends ServerCredentials {
  constructor(context: SecureContextOptions) {
    // Whoever is not let in by TLS has no certificate in the eyes of gRPC; a stream then refuses it.
    super({ requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.3' }, context)
  }

  /** For connections from now on. */
  update(context: SecureContextOptions): void {
    this.updateSecureContextOptions(context)
  }

  override _equals(other: ServerCredentials): boolean {
    return other === this
  }
}
