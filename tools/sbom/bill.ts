/**
 * The software bill of materials: everything of the lock file, as CycloneDX. Needs no network.
 * What only builds and tests is in it as well: npm leaves out too much when it is asked to leave that out.
 */
import { spawnSync } from 'node:child_process'
import { z } from 'zod'

const component = z.object({
  name: z.string(),
  version: z.string(),
  purl: z.string(),
  licenses: z.array(z.unknown()).optional(),
})
const billSchema = z.object({ bomFormat: z.literal('CycloneDX'), components: z.array(component) })

export type Bill = z.infer<typeof billSchema> & { readonly text: string }

const OUTPUT_BYTES_MAX = 64 * 1_024 * 1_024

/** Throws an `Error` with what npm said when it cannot make it. */
export function billOfMaterials(root: string): Bill {
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only']
  const { status, stdout, stderr, error } = spawnSync('npm', args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: OUTPUT_BYTES_MAX,
  })
  if (status !== 0) throw new Error(`npm could not list what is installed: ${stderr}`, { cause: error })
  return { ...billSchema.parse(JSON.parse(stdout)), text: stdout }
}
