/** Folders that a sandbox gets on the way to what is mounted: bubblewrap would make them for root alone. */

/** Options that make every folder between an empty one and a path in it, so that everybody may enter. */
export function folderArgs(emptyFolder: string, paths: readonly string[]): readonly string[] {
  const folders = new Set<string>()
  for (const path of paths) {
    if (!path.startsWith(`${emptyFolder}/`)) continue
    const between = path
      .slice(emptyFolder.length + 1)
      .split('/')
      .slice(0, -1)
    for (const depth of between.keys()) folders.add([emptyFolder, ...between.slice(0, depth + 1)].join('/'))
  }
  return [...folders].toSorted().flatMap((folder) => ['--perms', '0755', '--dir', folder]) // A folder before those in it.
}
