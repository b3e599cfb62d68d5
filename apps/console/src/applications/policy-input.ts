/** A scaling policy as a person typed it, and as the API takes it. Pure. */
import type { ApplicationRowFragment, ScalingPolicyInput } from '../graphql/generated/documents.ts'
import type { FormProblems, FormVerdict } from './typed-form.ts'

export const TARGETS = ['idleCount', 'idlePercent', 'none'] as const
export type PolicyTarget = (typeof TARGETS)[number]

/** The form as it was typed. */
export type TypedPolicy = {
  readonly target: PolicyTarget
  readonly low: string
  readonly high: string
  readonly minPods: string
  readonly maxPods: string
  /** Empty: the API's default. */
  readonly burst: string
  readonly scaleDownDelaySeconds: string
  readonly keepHot: string
  /** Empty: never. */
  readonly hibernateAfterSeconds: string
  readonly wakeOnTraffic: boolean
}

export type PolicyProblems = FormProblems<TypedPolicy>
export type PolicyVerdict = FormVerdict<TypedPolicy, ScalingPolicyInput>

export const NEW_POLICY: TypedPolicy = {
  target: 'idleCount',
  low: '2',
  high: '4',
  minPods: '0',
  maxPods: '10',
  burst: '',
  scaleDownDelaySeconds: '0',
  keepHot: '0',
  hibernateAfterSeconds: '',
  wakeOnTraffic: false,
}

/** A policy that there is, as it would have been typed. */
export function typedPolicyOf(policy: ApplicationRowFragment['scalingPolicy']): TypedPolicy {
  const { idleCount, idlePercent, hibernateAfterMs } = policy
  const range = idleCount ?? idlePercent
  return {
    target: idleCount !== null ? 'idleCount' : idlePercent !== null ? 'idlePercent' : 'none',
    low: String(range?.low ?? 0),
    high: String(range?.high ?? 0),
    minPods: String(policy.minPods),
    maxPods: String(policy.maxPods),
    burst: String(policy.burst),
    scaleDownDelaySeconds: String(policy.scaleDownDelayMs / 1_000),
    keepHot: String(policy.keepHot),
    hibernateAfterSeconds: hibernateAfterMs === null ? '' : String(hibernateAfterMs / 1_000),
    wakeOnTraffic: policy.wakeOnTraffic,
  }
}

/** A policy that there is, exactly, as the API takes it. */
export function policyInputOf(policy: ApplicationRowFragment['scalingPolicy']): ScalingPolicyInput {
  const { idleCount, idlePercent, hibernateAfterMs, ...rest } = policy
  return {
    ...rest,
    ...(idleCount === null ? {} : { idleCount }),
    ...(idlePercent === null ? {} : { idlePercent }),
    ...(hibernateAfterMs === null ? {} : { hibernateAfterMs }),
  }
}

/** The input, or what is wrong with each field. The API checks everything once more. */
export function toPolicyInput(typed: TypedPolicy): PolicyVerdict {
  const problems: PolicyProblems = { ...problemsOfNumbers(typed) }
  if (problems.maxPods === undefined && problems.minPods === undefined && Number(typed.minPods) > Number(typed.maxPods))
    problems.minPods = 'Not more than the maximum.'
  if (typed.target !== 'none' && Number(typed.low) > Number(typed.high))
    problems.low ??= 'Not more than the upper bound.'
  if (typed.target === 'idlePercent' && Number(typed.high) > 100) problems.high ??= 'At most 100 %.'
  if (Object.keys(problems).length > 0) return { kind: 'problems', problems }
  const range = { low: Number(typed.low), high: Number(typed.high) }
  return {
    kind: 'input',
    input: {
      minPods: Number(typed.minPods),
      maxPods: Number(typed.maxPods),
      keepHot: Number(typed.keepHot),
      wakeOnTraffic: typed.wakeOnTraffic,
      scaleDownDelayMs: Math.round(Number(typed.scaleDownDelaySeconds) * 1_000),
      ...(typed.burst.trim() === '' ? {} : { burst: Number(typed.burst) }),
      ...(typed.hibernateAfterSeconds.trim() === ''
        ? {}
        : { hibernateAfterMs: Math.round(Number(typed.hibernateAfterSeconds) * 1_000) }),
      ...(typed.target === 'idleCount' ? { idleCount: range } : {}),
      ...(typed.target === 'idlePercent' ? { idlePercent: range } : {}),
    },
  }
}

const WHOLE = 'A whole number from 0 on.'
const SECONDS = 'Seconds, from 0 on.'

function problemsOfNumbers(typed: TypedPolicy): PolicyProblems {
  const problems: PolicyProblems = {}
  const needsRange = typed.target !== 'none'
  for (const field of ['minPods', 'maxPods', 'keepHot'] as const) if (!isWhole(typed[field])) problems[field] = WHOLE
  if (isWhole(typed.maxPods) && Number(typed.maxPods) < 1) problems.maxPods = 'At least 1.'
  for (const field of ['low', 'high'] as const) if (needsRange && !isWhole(typed[field])) problems[field] = WHOLE
  if (typed.burst.trim() !== '' && (!isWhole(typed.burst) || Number(typed.burst) < 1))
    problems.burst = 'A whole number from 1 on, or nothing.'
  if (!isSeconds(typed.scaleDownDelaySeconds)) problems.scaleDownDelaySeconds = SECONDS
  return { ...problems, ...problemsOfSleep(typed) }
}

function problemsOfSleep({ hibernateAfterSeconds, wakeOnTraffic }: TypedPolicy): PolicyProblems {
  if (hibernateAfterSeconds.trim() === '') return wakeOnTraffic ? { wakeOnTraffic: 'Say after how long as well.' } : {}
  return isSeconds(hibernateAfterSeconds) ? {} : { hibernateAfterSeconds: `${SECONDS} Nothing: never.` }
}

function isWhole(text: string): boolean {
  return /^\s*\d{1,9}\s*$/.test(text)
}

function isSeconds(text: string): boolean {
  return /^\s*\d{1,9}(\.\d{1,3})?\s*$/.test(text)
}

/** Which field of the form a field of the API's input is. */
export function policyFieldOf(apiField: string): keyof TypedPolicy | null {
  const path = apiField.replace(/^scalingPolicy\./, '')
  const FIELDS: Readonly<Record<string, keyof TypedPolicy>> = {
    'idleCount.low': 'low',
    'idleCount.high': 'high',
    'idlePercent.low': 'low',
    'idlePercent.high': 'high',
    idleCount: 'low',
    idlePercent: 'low',
    minPods: 'minPods',
    maxPods: 'maxPods',
    burst: 'burst',
    scaleDownDelayMs: 'scaleDownDelaySeconds',
    keepHot: 'keepHot',
    hibernateAfterMs: 'hibernateAfterSeconds',
    wakeOnTraffic: 'wakeOnTraffic',
  }
  return FIELDS[path] ?? null
}
