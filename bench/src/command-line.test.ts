import { expect, it } from 'vitest'
import { readCommandLine } from './command-line.ts'
import { SCENARIOS } from './scenarios.ts'

it('knows every scenario in its help, and every flag of one in the help of that', () => {
  const help = readCommandLine([], SCENARIOS)
  for (const { name, summary } of SCENARIOS) {
    expect(help).toMatchObject({ kind: 'help', text: expect.stringContaining(name) })
    expect(help).toMatchObject({ kind: 'help', text: expect.stringContaining(summary) })
  }
  for (const { name, flags } of SCENARIOS) {
    const own = readCommandLine([name, '--help'], SCENARIOS)
    for (const flag of Object.keys(flags))
      expect(own).toMatchObject({ kind: 'help', text: expect.stringContaining(`--${flag} `) })
  }
})

it('takes what is given over what is quick, and that over the default', () => {
  const numbers = (...words: string[]): unknown => {
    const command = readCommandLine(words, SCENARIOS)
    return command.kind === 'run' ? [command.flags.number('apps'), command.flags.number('sessions')] : null
  }
  expect(numbers('warm')).toEqual([67, 20_100])
  expect(numbers('warm', '--quick')).toEqual([67, 6_700])
  expect(numbers('warm', '--quick', '--sessions', '10', '--apps=2')).toEqual([2, 10])
})

it('repeats the command as it can be typed again', () => {
  expect(readCommandLine(['warm', '--quick', '--transport=ws', '--json', 'x.json'], SCENARIOS)).toMatchObject({
    words: 'warm --transport ws --quick',
    common: { isQuick: true, jsonFile: 'x.json', profileFolder: null },
  })
})

it.each([
  [['wram'], '"wram" is no scenario; there are warm,'],
  [['warm', '--speed', '3'], '--speed'],
  [['warm', '--apps', 'many'], '--apps is "many"; a number from 1 is needed'],
  [['warm', '--concurrency', '0'], '--concurrency is "0"; a number from 1 is needed'],
  [['latency', '--rate', '0'], '--rate is "0"; a number from 1 is needed'],
  [['watch', '--readers=-1'], '--readers is "-1"; a number from 0 is needed'],
  [['warm', '--write', 'docs/performance.md'], '--write is for all'],
  [['warm', '--transport', 'smoke'], '--transport is "smoke"; it must be one of http, ws'],
])('refuses %j with what would be right', (words, message) => {
  expect(() => readCommandLine(words, SCENARIOS)).toThrow(message)
})
