import { expect, it } from 'vitest'
import { partEnvironment } from './part-environment.ts'

const env = {
  PATH: '/bin',
  FORNAX_ADMIN_TOKEN: 'secret',
  DATABASE_URL: 'postgres://secret',
  FORNAX_API_PORT: '0',
  LOG_LEVEL: 'debug',
}

it('gives a part only the settings it reads', () => {
  expect(partEnvironment('agent', env, {})).toEqual({ PATH: '/bin', LOG_LEVEL: 'debug', NODE_ENV: 'production' })
  expect(partEnvironment('core', env, {})).toMatchObject({
    FORNAX_ADMIN_TOKEN: 'secret',
    DATABASE_URL: 'postgres://secret',
  })
})

it('lets what this run has decided win', () => {
  expect(partEnvironment('core', env, { FORNAX_API_PORT: '4100' })['FORNAX_API_PORT']).toBe('4100')
})

it('runs parts as in production', () => {
  expect(partEnvironment('core', { NODE_ENV: 'test' }, {})['NODE_ENV']).toBe('production')
})
