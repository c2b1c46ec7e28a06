/** An exponential back-off: `firstMs` × `factor`^n, give or take the share `jitter` of it, `maxMs` at most. */
export interface BackOffPolicy {
  readonly firstMs: number;
  readonly factor: number;
  readonly jitter: number;
  readonly maxMs: number;
}

/** Milliseconds to wait after the given number of failures in a row (1 or more); `random` is uniform in [0, 1). */
export function backOffMs(policy: BackOffPolicy, failuresInARow: number, random: () => number): number {
  const middleMs = policy.firstMs * policy.factor ** (failuresInARow - 1);
  const spread = 1 - policy.jitter + 2 * policy.jitter * random();
  return Math.min(policy.maxMs, middleMs * spread);
}
