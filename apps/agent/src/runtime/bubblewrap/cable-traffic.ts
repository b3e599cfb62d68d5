/** How the packets of sandboxed pods are told from all others: by the cable that they come and go by. */
import type { PodTraffic } from '../network/nft-rules.ts'
import { ALL_CABLES, blockRange, cablePrefix, type AddressPlan } from './address-plan.ts'

/** The traffic of one agent's pods. */
export function cableTraffic({ tag, block }: AddressPlan): PodTraffic {
  const cables = `"${cablePrefix(tag)}*"`
  const range = blockRange(block)
  return {
    declarations: '',
    from: `iifname ${cables}`,
    to: `oifname ${cables}`,
    addressed: `ip daddr ${range}`,
    between: `iifname ${cables} oifname "${ALL_CABLES}*"`,
    fromElsewhere: `iifname != "${ALL_CABLES}*"`,
    senders: `oifname != "${ALL_CABLES}*" ip saddr ${range} masquerade`,
    toNode: '',
  }
}
