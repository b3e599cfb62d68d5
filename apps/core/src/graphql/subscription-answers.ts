/**
 * Answers of subscriptions, as text. Readers who asked the same question in the same words get the same batch of a
 * watch, so its answer is made once for all of them: a thousand readers cost a thousand writes, and not a thousand
 * executions.
 */
import { createSourceEventStream, execute, type DocumentNode, type ExecutionArgs, type ExecutionResult } from 'graphql'
import type { RequestContext } from './context.ts'
import { toPublicErrors, type ErrorMask } from './errors.ts'
import type { OperationPlans } from './operation-plans.ts'

/** A subscription that has been checked, and who asks. */
export type SubscriptionArgs = ExecutionArgs & { readonly contextValue: RequestContext }

export class SubscriptionAnswers {
  readonly #plans: OperationPlans
  readonly #mask: ErrorMask
  /** By batch, then by document, then by what else decides the answer. Forgotten with the batch. */
  readonly #ofBatch = new WeakMap<object, Map<DocumentNode, Map<string, Promise<string>>>>()

  constructor(plans: OperationPlans, mask: ErrorMask) {
    this.#plans = plans
    this.#mask = mask
  }

  /**
   * Starts a subscription, or answers why it cannot be started. The iterator hands each answer to `deliver` and waits
   * for it before it takes the next event; it yields nothing, and ends with the subscription.
   */
  async subscribe(
    args: SubscriptionArgs,
    deliver: (answer: string) => Promise<void> | undefined,
  ): Promise<AsyncIterableIterator<never> | ExecutionResult> {
    const events = await createSourceEventStream(args)
    if (!(Symbol.asyncIterator in events)) return events
    const { viewer, scope } = args.contextValue
    const words = JSON.stringify([viewer.role, scope, args.operationName, args.variableValues])
    return delivering(events, async (event, isOver) => {
      const answer = await this.#answer(args, words, event)
      if (!isOver()) await deliver(answer)
    })
  }

  #answer(args: SubscriptionArgs, words: string, event: unknown): Promise<string> {
    if (!isBatch(event)) return this.#execute(args, event)
    const ofDocument = this.#ofBatch.get(event) ?? new Map<DocumentNode, Map<string, Promise<string>>>()
    this.#ofBatch.set(event, ofDocument)
    const answers = ofDocument.get(args.document) ?? new Map<string, Promise<string>>()
    ofDocument.set(args.document, answers)
    const answer = answers.get(words) ?? this.#execute(args, event)
    answers.set(words, answer)
    return answer
  }

  async #execute(args: SubscriptionArgs, event: unknown): Promise<string> {
    const planned = await this.#plans.data({ ...args, rootValue: event })
    const { data, errors } = planned === null ? await execute({ ...args, rootValue: event }) : { data: planned }
    return JSON.stringify(errors ? { data, errors: toPublicErrors(errors, this.#mask) } : { data })
  }
}

/** What a feed hands to all its readers; of everything else each reader has its own. */
function isBatch(event: unknown): event is object {
  return typeof event === 'object' && event !== null && 'kind' in event && event.kind === 'changes'
}

/** `isOver` says whether the subscription was ended while an event was being answered. */
function delivering(
  events: AsyncIterable<unknown>,
  act: (event: unknown, isOver: () => boolean) => Promise<void>,
): AsyncIterableIterator<never> {
  const iterator = events[Symbol.asyncIterator]()
  let isOver = false
  return {
    next: async () => {
      for (;;) {
        const result = await iterator.next()
        if (result.done || isOver) return { done: true, value: undefined }
        await act(result.value, () => isOver)
      }
    },
    return: async () => {
      isOver = true
      await iterator.return?.()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
