import { describe, expect, it } from 'vitest'
import { tableScript } from '../network/nft-rules.ts'
import { runTool } from '../network/run-tool.ts'
import { canRuleNetworks } from '../network/test/this-machine.ts'
import { ADDRESS_TRAFFIC, bridgeScript, onlyPodsLine, podsLine } from './address-traffic.ts'

describe('the rules for containers', () => {
  it.skipIf(!canRuleNetworks).each([true, false])(
    'are understood by nftables, which checks them and changes nothing (reachable from outside: %s)',
    async (isReachableFromOutside) => {
      const script = tableScript('testab', ADDRESS_TRAFFIC, { isReachableFromOutside, agentUid: 0 })
      await runTool('nft', ['-c', '-f', '-'], script + bridgeScript('testab'))
    },
  )

  it('know their pods by address, in both tables at once', () => {
    expect(podsLine('testab', 'add', ['10.0.0.1'])).toBe(
      'add element inet fornax_testab pods { 10.0.0.1 }; add element bridge fornax_testab pods { 10.0.0.1 }',
    )
    expect(onlyPodsLine('testab', [])).toBe('flush set inet fornax_testab pods; flush set bridge fornax_testab pods')
    expect(onlyPodsLine('testab', ['10.0.0.1', '10.0.0.2'])).toBe(
      'flush set inet fornax_testab pods; flush set bridge fornax_testab pods; ' +
        'add element inet fornax_testab pods { 10.0.0.1, 10.0.0.2 }; ' +
        'add element bridge fornax_testab pods { 10.0.0.1, 10.0.0.2 }',
    )
  })
})
