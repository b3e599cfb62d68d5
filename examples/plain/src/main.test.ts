import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

it('plain answers on / and /healthz, and leaves when asked', async () => {
  const program = fileURLToPath(new URL('main.ts', import.meta.url))
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const [line] = await once(child.stdout, 'data')
  const url = `http://127.0.0.1:${/port (\d+)/.exec(String(line))?.[1]}`
  expect(await (await fetch(url)).text()).toBe(`plain, process ${child.pid}\n`)
  expect((await fetch(`${url}/healthz`)).status).toBe(200)
  expect((await fetch(`${url}/elsewhere`)).status).toBe(404)
  child.kill('SIGTERM')
  expect(await exited).toEqual([0, null])
})
