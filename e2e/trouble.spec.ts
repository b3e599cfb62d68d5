/** What is wrong is found in two clicks, and what a drain would do is what it does. */
import {
  CreateApplicationDocument,
  DeleteApplicationDocument,
  OpenSessionDocument,
  SessionDocument,
  UncordonNodeDocument,
} from '@fornax/client/generated/documents'
import { expect, expectLive, test } from './fixtures.ts'
import type { World } from './world.ts'

test('an application that crashes is found from the fleet in two clicks, with its last words', async ({
  operator,
  world,
}) => {
  await create(world, 'crashes', ['/bin/sh', '-c', 'echo "cannot read /srv/model.bin" >&2; exit 3'])
  await operator.goto('/')
  await expectLive(operator)
  const verdict = operator.getByRole('status', { name: 'Verdict' })
  await verdict.getByRole('link', { name: /^crashes: / }).click()
  const problem = operator.getByRole('region', { name: 'Problem' })
  await expect(problem).toContainText('exit code 3')
  await expect(problem.getByRole('region', { name: 'Last lines of the failed pod' })).toContainText(
    'cannot read /srv/model.bin',
  )
  await remove(world, 'crashes')
})

test('an image that does not exist is found from the fleet in two clicks, with the reason', async ({
  operator,
  world,
}) => {
  await create(world, 'no-image', ['/no/such/program'])
  await operator.goto('/')
  await operator
    .getByRole('status', { name: 'Verdict' })
    .getByRole('link', { name: /^no-image: / })
    .click()
  await expect(operator.getByRole('region', { name: 'Problem' })).toContainText('/no/such/program')
  await remove(world, 'no-image')
})

test('what the preview of a drain says is what then happens', async ({ operator, world }) => {
  const ids: string[] = []
  while (ids.length < 2) {
    const { openSession } = await world.client.request(OpenSessionDocument, { input: { application: 'hello' } })
    ids.push(openSession.session?.id ?? 'none')
  }
  await operator.goto('/nodes/e2e')
  await expectLive(operator)
  await operator.getByRole('button', { name: 'Drain…' }).click()
  const dialog = operator.getByRole('alertdialog', { name: 'Drain e2e?' })
  await dialog.getByLabel('Open sessions may go on for').selectOption({ label: 'no longer: close them now' })
  const preview = dialog.getByRole('region', { name: 'What would happen' })
  const ending = preview.getByRole('list', { name: 'Sessions that end' })
  for (const id of ids) await expect(ending).toContainText(id)
  const foretold = (await ending.getByRole('listitem').allTextContents()).map(idOf)
  const stopping = /(\d+) idle pods? stop/.exec((await preview.textContent()) ?? '')?.[1]
  expect(Number(stopping)).toBeGreaterThan(0)

  await dialog.getByRole('button', { name: 'Drain', exact: true }).click()
  await expect(operator.getByRole('status', { name: 'Phase' })).toContainText('Draining')
  for (const id of foretold) {
    await expect
      .poll(async () => {
        const { session } = await world.client.request(SessionDocument, { id })
        return session?.closeReason
      })
      .toBe('DRAINED')
  }
  // Pods that failed before are still told of.
  await expect(operator.getByRole('region', { name: 'Pods', exact: true })).not.toContainText(/\d (standby|active)/, {
    timeout: 20_000,
  })
  await operator.getByRole('button', { name: 'Uncordon…' }).click()
  await operator.getByRole('alertdialog').getByRole('button', { name: 'Uncordon' }).click()
  await expect(operator.getByRole('status', { name: 'Phase' })).toContainText('Ready')
})

test.afterEach(async ({ world }) => {
  await world.client.request(UncordonNodeDocument, { input: { name: 'e2e' } })
})

function idOf(text: string): string {
  return /ses-[a-z0-9]{16}/.exec(text)?.[0] ?? 'none'
}

async function create({ client }: World, name: string, command: readonly string[]): Promise<void> {
  const version = { image: 'host', command, usesSessionService: true, ports: [{ name: 'web', containerPort: 8080 }] }
  const scalingPolicy = { maxPods: 3, idleCount: { low: 1, high: 1 } }
  const { createApplication } = await client.request(CreateApplicationDocument, {
    input: { name, version, scalingPolicy },
  })
  expect(createApplication.problem).toBeNull()
}

async function remove({ client }: World, name: string): Promise<void> {
  await client.request(DeleteApplicationDocument, { input: { application: name } })
}
