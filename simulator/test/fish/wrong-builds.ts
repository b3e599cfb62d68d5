/**
 * Deliberately wrong builds: for each invariant a line of the product that keeps it, and what a mistake there would
 * look like. The simulator must find each of them.
 */
export type WrongBuild = WrongPlace & {
  readonly invariant: string
  /** The mistake, in words. */
  readonly mistake: string
  /** Where two guards would have to fail. */
  readonly also?: WrongPlace
  /** Under which the mistake shows. Default: what the seeds say. */
  readonly scenario?: string
}

export type WrongPlace = {
  /** From the root of the checkout. */
  readonly file: string
  /** Stands there exactly once. */
  readonly right: string
  readonly wrong: string
}

const SESSIONS = 'apps/core/src/sessions'
const FLEET = 'apps/core/src/fleet'

export const WRONG_BUILDS: readonly WrongBuild[] = [
  {
    invariant: 'I1',
    mistake: 'a session is given a pod, and the pod does not know',
    file: `${FLEET}/session-writer.ts`,
    right: 'const take = (changed: Pod): void => void changed.sessionIds.add(session.id)',
    wrong: 'const take = (): void => undefined',
  },
  {
    invariant: 'I2',
    mistake: 'a core that was left behind goes on with nodes that know a later one, and they obey it',
    file: 'apps/core/src/nodelink/node-connection.ts',
    right: 'const refusal = this.#epochRefusal(hello, introduction)',
    wrong: 'const refusal = null',
    also: {
      file: 'packages/node-model/src/epoch-rules.ts',
      right: "{ kind: 'refused', highestEpoch: mark.epoch }",
      wrong: "{ kind: 'current' }",
    },
    scenario: 'backups',
  },
  {
    invariant: 'I3',
    mistake: 'an answer does not wait for its row',
    file: `${SESSIONS}/open-session.ts`,
    right: "command.durability === 'journaled' ? await durable : current(ports, ready)",
    wrong: 'current(ports, ready)',
  },
  {
    invariant: 'I4',
    mistake: 'a pod that nobody knows is left alone',
    file: `${FLEET}/reconcile-node.ts`,
    right: 'return expel(state, node, step.podId)',
    wrong: 'return',
    scenario: 'crashes',
  },
  {
    invariant: 'I5',
    mistake: 'the memory of a pod is not booked',
    file: `${FLEET}/fleet-state.ts`,
    right: 'if (now !== null) this.groups.book(name, now, pod.applicationId)',
    wrong: 'if (now !== null) this.groups.book(name, { ...now, memoryBytes: 0 }, pod.applicationId)',
  },
  {
    invariant: 'I6',
    mistake: 'pods on their way out are not counted against the maximum',
    file: 'apps/core/src/pools/pool-plan.ts',
    right: 'return lasting(pool) + pool.terminating',
    wrong: 'return lasting(pool)',
  },
  {
    invariant: 'I7',
    mistake: 'a drain stops pods that serve',
    file: `${FLEET}/node-writer.ts`,
    right: "if (fateOf(pod) === 'stopsNow') stopPod(state, pod)",
    wrong: 'stopPod(state, pod)',
  },
  {
    invariant: 'I8',
    mistake: 'the deadline of a session is never set',
    file: `${FLEET}/fleet-state.ts`,
    right: 'else this.ports.deadlines.set(id, deadline.atMs)',
    wrong: 'else this.ports.deadlines.clear(id)',
  },
  {
    invariant: 'I9',
    mistake: 'a key of a session in memory is not looked up',
    file: `${SESSIONS}/open-session.ts`,
    right: 'const earlier = idempotency && (fleet.sessionOfKey(application.id, idempotency.key) ?? past)',
    wrong: 'const earlier = idempotency && past',
  },
  {
    invariant: 'I10',
    mistake: 'a reader that resumes misses the first change after its cursor',
    file: `${FLEET}/change-log.ts`,
    right: 'changes: this.#after(counter),',
    wrong: 'changes: this.#after(counter).slice(1),',
  },
  {
    invariant: 'I11',
    mistake: 'a tenant sees the sessions of all',
    file: 'apps/core/src/graphql/visibility.ts',
    right: 'return object !== null && (scope === null || object.tenantId === scope) ? object : null',
    wrong: 'return object',
  },
]
