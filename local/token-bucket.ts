const MILLI = 1_000;

/**
 * A token bucket that holds `capacity` and refills at `perSecond`, so that over any window of `t` seconds no more than
 * `capacity + t × perSecond` is taken. Counts in thousandths of a token: whole numbers, so nothing is rounded.
 */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #capacity: number;
  #milliTokens: number;
  #refilledAtMs: number;

  constructor(perSecond: number, nowMs: number, capacity = perSecond) {
    this.#perSecond = perSecond;
    this.#capacity = capacity;
    this.#milliTokens = capacity * MILLI;
    this.#refilledAtMs = nowMs;
  }

  /** Whether `count` tokens are there now. */
  has(count: number, nowMs: number): boolean {
    this.#refill(nowMs);
    return this.#milliTokens >= count * MILLI;
  }

  /** Takes one token if there is one. */
  takeOne(nowMs: number): boolean {
    if (!this.has(1, nowMs)) return false;
    this.take(1);
    return true;
  }

  /** Takes `count` tokens; may overdraw, and then the debt is paid off by the refill. */
  take(count: number): void {
    this.#milliTokens -= count * MILLI;
  }

  #refill(nowMs: number): void {
    // A clock that was set back earns nothing, and counts on from where it is.
    const elapsedMs = Math.max(0, nowMs - this.#refilledAtMs);
    this.#refilledAtMs = nowMs;
    this.#milliTokens = Math.min(this.#capacity * MILLI, this.#milliTokens + elapsedMs * this.#perSecond);
  }
}
