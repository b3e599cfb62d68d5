import { join } from 'node:path'
import type { NextConfig } from 'next'

/** The workspace is the root: sources of our packages lie outside this folder. */
const config: NextConfig = {
  turbopack: { root: join(import.meta.dirname, '../..') },
  images: { unoptimized: true },
  poweredByHeader: false,
  reactStrictMode: true,
  // `npm test` checks types on its own; checking them here again would slow every first start.
  typescript: { ignoreBuildErrors: true },
  experimental: { optimizePackageImports: ['radix-ui'] },
}

export default config
