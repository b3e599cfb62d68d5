/** Runs every attack on a runtime, each in a pod of its own, and holds the runtime to what it promises. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { lacks } from '../support/lacks.ts'
import { ATTACKS } from './all-attacks.ts'
import { outcomeOf, type Attack, type RuntimeKind } from './attack.ts'
import { AttackWorld, type AttackedRuntime } from './attack-world.ts'

export type AttackedMachine = Readonly<Record<NonNullable<Attack['needs']>, boolean>>

/** An attack ends by itself; on a busy machine a full one takes its time. */
const ATTACK_TIMEOUT_MS = 90_000

export function describeAttacks(
  kind: RuntimeKind,
  openRuntime: (dataDir: string) => Promise<AttackedRuntime>,
  { parentFolder, ...can }: AttackedMachine & { readonly parentFolder?: string },
): void {
  let world: AttackWorld
  beforeAll(async () => void (world = await AttackWorld.open(openRuntime, parentFolder)))
  afterAll(() => world[Symbol.asyncDispose]())

  for (const attack of ATTACKS) {
    const { verdict, isOpen = false } = attack.promises[kind]
    const isWanting = attack.needs !== undefined && lacks(can[attack.needs], `${attack.needs}: ${attack.name}`)
    it.skipIf(isWanting)(`${attack.name}: ${verdict}`, { timeout: ATTACK_TIMEOUT_MS }, async () => {
      const result = await world.run(attack)
      const outcome = (attack.judge ?? outcomeOf)(result)
      const expected = verdict === 'notPromised' ? 'succeeded' : verdict
      if (!isOpen) expect(outcome, JSON.stringify(result)).toBe(expected)
      if (verdict !== 'notPromised') expect(await world.damage()).toEqual([])
      world.mend()
    })
  }
}
