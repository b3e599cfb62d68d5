/** What was done to an application, and how it is taken back: with the revision that it left behind, or not at all. */
import {
  PublishVersionDocument,
  UpdatePolicyDocument,
  type ApplicationRowFragment,
} from '../graphql/generated/documents.ts'
import { changedMeanwhile } from '../graphql/run-if-still.ts'
import { runMutation } from '../graphql/run-mutation.ts'
import type { Deed } from '../notices/notice-board.ts'
import { policyInputOf } from './policy-input.ts'

type Application = Pick<ApplicationRowFragment, 'name' | 'scalingPolicy' | 'version'>

/** What publishing a version answered. */
type Published = { readonly revision: number; readonly version: { readonly number: number } }

/** `before` is the application as it was, `revision` the one after the change. */
export function policyDeed({ name, scalingPolicy }: Application, revision: number): Deed {
  const input = { application: name, revision, scalingPolicy: policyInputOf(scalingPolicy) }
  return {
    about: `application ${name}`,
    done: `The scaling policy of ${name} is saved.`,
    undone: `${name} has the scaling policy that it had before.`,
    undo: () =>
      runMutation(UpdatePolicyDocument, { input }, ({ updateScalingPolicy: { problem } }) => said(name, problem)),
  }
}

/** Taking back a version publishes what ran before it once more: numbers only grow. */
export function versionDeed({ name, version }: Application, after: Published): Deed {
  const input = { application: name, revision: after.revision, rollBackTo: version.number }
  const { number } = after.version
  return {
    about: `application ${name}`,
    done: `v${number} of ${name} is being rolled out.`,
    undone: `what v${version.number} of ${name} runs is being rolled out again, as v${number + 1}.`,
    undo: () =>
      runMutation(PublishVersionDocument, { input }, ({ publishApplicationVersion: { problem } }) =>
        said(name, problem),
      ),
  }
}

type Problem = { readonly code: string; readonly message: string } | null

function said(name: string, problem: Problem): Problem {
  return problem?.code === 'RevisionConflict' ? { ...problem, message: changedMeanwhile(name) } : problem
}
