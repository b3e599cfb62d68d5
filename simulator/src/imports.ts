/** What a world must not even load: real databases, GraphQL execution, servers. */
import { registerHooks } from 'node:module'

const REFUSED =
  /^(?:graphql|graphql-ws|graphql-http|ws|pg|express|@apollo\/.*|@prisma\/.*|@fornax\/prisma.*|@graphql-tools\/.*|@escape\.tech\/.*|node:sqlite|sqlite)$/

/** Whether a module of that name has no place in a world. */
export function isRefusedImport(specifier: string): boolean {
  return REFUSED.test(specifier)
}

/** From now on, loading one of them fails. */
export function refuseImports(): void {
  registerHooks({
    resolve: (specifier, context, next) => {
      if (isRefusedImport(specifier))
        throw new Error(
          `${specifier} must not be loaded by a simulation; ${context.parentURL ?? 'somebody'} imports it`,
        )
      return next(specifier, context)
    },
  })
}
