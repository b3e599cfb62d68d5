/** For Prisma's command line tool: one set of models, two databases. */
import { defineConfig } from 'prisma/config'

const provider = process.env['FORNAX_PRISMA_PROVIDER'] ?? 'sqlite'

export default defineConfig({ schema: provider, migrations: { path: `${provider}/migrations` } })
