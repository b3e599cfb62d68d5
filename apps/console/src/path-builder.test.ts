import { expect, it } from 'vitest'
import { paths } from './path-builder.ts'

it('leads to these addresses, which people have kept', () => {
  const addresses = [
    paths.fleet(),
    paths.nodes(),
    paths.applications(),
    paths.application('a b'),
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
    '/applications?open=a+b',
    '/sessions',
    '/sessions?application=hello&phase=PENDING%2CIN_USE',
    '/sessions/ses-1',
    '/login',
    '/login?problem=ended',
    '/logout',
  ])
})
