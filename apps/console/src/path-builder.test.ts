import { expect, it } from 'vitest'
import { paths } from './path-builder.ts'

it('leads to these addresses, which people have kept', () => {
  const addresses = [
    paths.fleet(),
    paths.nodes(),
    paths.applications(),
    paths.nodes({ view: 'table', fill: 'sessions' }),
    paths.node('n/1'),
    paths.application('a b'),
    paths.application('a', 'other'),
    paths.newApplication(),
    paths.pools(),
    paths.latency({ start: 'COLD' }),
    paths.events({ object: 'hello' }),
    paths.audit(),
    paths.settings(),
    paths.sessions(),
    paths.sessions({ application: 'hello', phases: ['PENDING', 'IN_USE'] }),
    paths.session('ses-1'),
    paths.login(),
    paths.login('ended'),
    paths.logout(),
  ]
  expect(addresses).toEqual([
    '/',
    '/nodes',
    '/applications',
    '/nodes?view=table&fill=sessions',
    '/nodes/n%2F1',
    '/applications/a%20b',
    '/applications/a?tenant=other',
    '/new-application',
    '/pools',
    '/latency?start=COLD',
    '/events?object=hello',
    '/audit',
    '/settings',
    '/sessions',
    '/sessions?application=hello&phase=PENDING%2CIN_USE',
    '/sessions/ses-1',
    '/login',
    '/login?problem=ended',
    '/logout',
  ])
})
