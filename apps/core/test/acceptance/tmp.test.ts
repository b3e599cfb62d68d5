import { it } from 'vitest'
import { ask, startTestServer } from './test-server.ts'
it('x', async () => {
  await using server = await startTestServer()
  console.log(JSON.stringify(await ask(server, 'query Type($name: String!) { __type(name: $name) { name } }', { variables: { name: 'sometype' } })))
  console.log(JSON.stringify(await ask(server, '{ __schema { types { name fields { name args { name type { kind name ofType { kind name ofType { name }}}} } } } fleet { resourceVersion } viewer { role tenant } }')))
})
