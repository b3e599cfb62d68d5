/** What the use-cases are filled in with. */
import type { Clock } from '@fornax/kernel/clock'
import type { IdKind } from '@fornax/kernel/ids'
import type { CoreJournals } from './core-journals.ts'
import type { FleetReader } from './fleet/fleet-reader.ts'
import type { Fleet } from './fleet/fleet.ts'
import type { ImagePreloader } from './images/image-preloader.ts'
import type { SecretDirectory } from './secrets/secret-directory.ts'
import type { Store } from './store/store.ts'
import type { TenantDirectory } from './tenants/tenant-directory.ts'
import type { UserDirectory } from './tenants/user-directory.ts'

export type UseCaseParts = {
  readonly clock: Clock
  readonly newId: (kind: IdKind) => string
  readonly fleet: Fleet
  readonly reader: FleetReader
  readonly journals: CoreJournals
  readonly store: Store
  readonly tenants: TenantDirectory
  readonly secrets: SecretDirectory
  readonly images: ImagePreloader
  readonly users: UserDirectory
}
