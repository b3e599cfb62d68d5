/** What a pod does: its traffic by the rules of its network, its work by its control groups. */
import type { Cgroups } from './cgroups.ts'
import type { PodActivity, TrafficSensor } from './runtime.ts'

/** Null where one of the two cannot be told: a pod at work must not be taken for an idle one. */
export function activityOf(
  traffic: TrafficSensor | null,
  cgroups: Pick<Cgroups, 'usage'> | null,
  groupName: string,
): PodActivity | null {
  if (traffic === null || cgroups === null) return null
  return {
    read: async () => {
      const [packets, use] = await Promise.all([traffic.count(), cgroups.usage(groupName)])
      return use === null ? null : { packets, cpuMs: use.cpuMs }
    },
    alert: (onPacket) => traffic.alert(onPacket),
    calm: () => traffic.calm(),
  }
}
