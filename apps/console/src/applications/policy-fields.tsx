/** The fields of a scaling policy, as they are typed. */
import { SelectField, TextField } from '../ui/form.tsx'
import type { PolicyProblems, PolicyTarget, TypedPolicy } from './policy-input.ts'

export type PolicyFieldsProps = {
  readonly typed: TypedPolicy
  readonly problems: PolicyProblems
  readonly onType: (change: Partial<TypedPolicy>) => void
}

const TARGET_WORDS: Readonly<Record<PolicyTarget, string>> = {
  idleCount: 'a number of idle pods',
  idlePercent: 'a share of all pods, idle',
  none: 'no idle pods',
}

export function PolicyFields({ typed, problems, onType }: PolicyFieldsProps) {
  const unit = typed.target === 'idlePercent' ? '%' : 'pods'
  const number = (field: Exclude<keyof TypedPolicy, 'target' | 'wakeOnTraffic'>, label: string, hint?: string) => (
    <TextField
      label={label}
      hint={hint}
      inputMode="decimal"
      autoComplete="off"
      value={typed[field]}
      onChange={(event) => onType({ [field]: event.target.value })}
      problem={problems[field]}
    />
  )
  return (
    <div className="grid grid-cols-2 gap-x-4 gap-y-3">
      <div className="col-span-2">
        <SelectField
          label="Keep ready"
          value={typed.target}
          onChange={(event) => onType({ target: targetOf(event.target.value) })}
        >
          {(['idleCount', 'idlePercent', 'none'] as const).map((target) => (
            <option key={target} value={target}>
              {TARGET_WORDS[target]}
            </option>
          ))}
        </SelectField>
      </div>
      {typed.target !== 'none' && (
        <>
          {number('low', `Fill up below (${unit})`)}
          {number('high', `Shrink above (${unit})`)}
        </>
      )}
      {number('minPods', 'At least (pods)')}
      {number('maxPods', 'At most (pods)')}
      {number('burst', 'Burst (pods per second)', 'Nothing: the larger of 2 and 10 % of the maximum.')}
      {number('scaleDownDelaySeconds', 'Shrink after (seconds)')}
      {number('keepHot', 'Never hibernate (pods)')}
      {number('hibernateAfterSeconds', 'Hibernate after (seconds)', 'Nothing: never.')}
      <div className="col-span-2">
        <SelectField
          label="Pods with quiet sessions"
          hint="After as long without traffic."
          value={typed.wakeOnTraffic ? 'sleep' : 'awake'}
          onChange={(event) => onType({ wakeOnTraffic: event.target.value === 'sleep' })}
          problem={problems.wakeOnTraffic}
        >
          <option value="awake">stay awake</option>
          <option value="sleep">sleep too, and wake with the first packet</option>
        </SelectField>
      </div>
    </div>
  )
}

function targetOf(text: string): PolicyTarget {
  return text === 'idlePercent' || text === 'none' ? text : 'idleCount'
}
