import { expect, it } from 'vitest'
import { UsageNews } from './usage-news.ts'

const MIB = 1_024 * 1_024
const NODE = { cpuMillis: 100, memoryBytes: 100 * MIB }

it('tells everything at first, and then what has noticeably changed since it was told', () => {
  const news = new UsageNews()
  const [a, b] = [pod('a', 100, 50), pod('b', 100, 50)]
  expect(news.of(NODE, [a, b])).toEqual({ ...NODE, pods: [a, b] })
  expect(news.of(NODE, [pod('a', 104, 50.9), pod('b', 104, 47)])?.pods).toEqual([pod('b', 104, 47)])
  expect(news.of(NODE, [pod('a', 105, 50.9), pod('b', 104, 47)])?.pods).toEqual([pod('a', 105, 50.9)])
})

it('does not let many small changes go untold', () => {
  const news = new UsageNews()
  news.of(NODE, [pod('a', 0, 100)])
  const told = Array.from({ length: 20 }, (_, step) => news.of(NODE, [pod('a', 0, 100 + step)])?.pods.length ?? 0)
  expect(told.reduce((sum, count) => sum + count, 0)).toBe(3) // At 105, 111 and 117 MiB.
})

it('says nothing when nothing is new, and everything again after it was asked to forget', () => {
  const news = new UsageNews()
  const pods = [pod('a', 1, 1)]
  news.of(NODE, pods)
  expect(news.of(NODE, pods)).toBeNull()
  news.forget()
  expect(news.of(NODE, pods)).toEqual({ ...NODE, pods })
})

it('tells of a node whose pods are as they were', () => {
  const news = new UsageNews()
  news.of(NODE, [pod('a', 1, 1)])
  expect(news.of({ ...NODE, cpuMillis: 200 }, [pod('a', 1, 1)])).toEqual({ ...NODE, cpuMillis: 200, pods: [] })
})

it('does not remember pods that have gone', () => {
  const news = new UsageNews()
  news.of(NODE, [pod('a', 1, 1), pod('b', 1, 1)])
  news.of(NODE, [pod('b', 1, 1)])
  expect(news.of(NODE, [pod('a', 1, 1), pod('b', 1, 1)])?.pods).toEqual([pod('a', 1, 1)])
})

it('bounds a report, and says the rest with the next one', () => {
  const news = new UsageNews()
  const pods = Array.from({ length: 5_001 }, (_, index) => pod(`pod-${index}`, 1, 1))
  expect(news.of(NODE, pods)?.pods.length).toBe(5_000)
  expect(news.of(NODE, pods)?.pods).toEqual([pod('pod-5000', 1, 1)])
})

function pod(podId: string, cpuMillis: number, mib: number) {
  const quiet = { swappedBytes: 0, receivedBytesPerSecond: 0, sentBytesPerSecond: 0 }
  return { podId, cpuMillis, memoryBytes: Math.round(mib * MIB), ...quiet }
}
