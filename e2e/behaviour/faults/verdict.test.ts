/** A verdict that never finds anything would be worth nothing. */
import { expect, it } from 'vitest'
import { Cluster } from '../cluster.ts'
import { eventually } from '../eventually.ts'
import { create, idle, session, sleeper } from '../steps.ts'
import { ClientLoad } from './client-load.ts'
import { realPodsOf } from './real-pods.ts'
import { judgeSessions } from './verdict.ts'

const NOBODY = { lostNodes: [] }

it('finds sessions that nobody knows of, that ended for no honest reason, or that are not what clients were told', async () => {
  await using cluster = await Cluster.start()
  await create(cluster, 'game', sleeper, { maxPods: 10, burst: 10, idleCount: { low: 4, high: 4 } })
  await idle(cluster, 'game', 4)
  const load = new ClientLoad(cluster, { application: 'game', perSecond: 0, heldMs: 0, openTimeoutMs: 10_000 })
  const [fine, killed, closed] = [await load.keepOne(), await load.keepOne(), await load.keepOne()]
  const judge = (answers = load.answers) => judgeSessions(cluster, 'game', { answers, honest: NOBODY })
  expect(await judge()).toMatchObject({ open: 3, lost: 0 })
  const { podId } = await session(cluster, killed.sessionId)
  for (const pid of realPodsOf(cluster.folderOf('node-a')).get(podId ?? '') ?? []) process.kill(pid, 'SIGKILL')
  await eventually(
    () => session(cluster, killed.sessionId),
    ({ phase }) => phase === 'CLOSED',
  )
  const answers = [
    fine,
    killed,
    { ...closed, close: 'answered' as const },
    { ...fine, sessionId: 'ses-never', key: 'none' },
    { ...fine, closeReason: 'OPEN_TIMED_OUT' },
  ]
  const verdict = await judge(answers)
  expect(verdict).toMatchObject({ open: 1, lost: 4 })
  expect(verdict.lostHow.join('\n')).toMatch(/POD_LOST.*told that it closes.*nobody knows.*told OPEN_TIMED_OUT/s)
})
