/** A token bucket, as data: how many pods the burst allows now. */
export type TokenBucket = { readonly tokens: number; readonly atMs: number }

export function fullBucket(perSecond: number, atMs: number): TokenBucket {
  return { tokens: perSecond, atMs }
}

/** The bucket at a later instant: it fills at `perSecond`, and holds one second's worth. */
export function refilled(bucket: TokenBucket, perSecond: number, atMs: number): TokenBucket {
  const gained = (Math.max(0, atMs - bucket.atMs) * perSecond) / 1000
  return { tokens: Math.min(perSecond, bucket.tokens + gained), atMs: Math.max(atMs, bucket.atMs) }
}

/** When the next whole token is there. */
export function nextTokenAtMs(bucket: TokenBucket, perSecond: number): number {
  return bucket.atMs + Math.ceil(((1 - (bucket.tokens % 1)) * 1000) / perSecond)
}
