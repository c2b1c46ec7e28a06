const MILLI = 1_000;

/**
 * A token bucket that holds one second's worth and refills at that rate, so that over any window of `t` seconds no
 * more than `1 + t` seconds' worth is taken. Counts in thousandths of a token: whole numbers, so nothing is rounded.
 */
export class TokenBucket {
  readonly #perSecond: number;
  #milliTokens: number;
  #refilledAtMs: number;

  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#milliTokens = perSecond * MILLI;
    this.#refilledAtMs = nowMs;
  }

  /** Whether `count` tokens are there now. */
  has(count: number, nowMs: number): boolean {
    this.#refill(nowMs);
    return this.#milliTokens >= count * MILLI;
  }

  /** Takes `count` tokens; may overdraw, and then the debt is paid off by the refill. */
  take(count: number): void {
    this.#milliTokens -= count * MILLI;
  }

  #refill(nowMs: number): void {
    // A clock that was set back earns nothing, and counts on from where it is.
    const elapsedMs = Math.max(0, nowMs - this.#refilledAtMs);
    this.#refilledAtMs = nowMs;
    this.#milliTokens = Math.min(this.#perSecond * MILLI, this.#milliTokens + elapsedMs * this.#perSecond);
  }
}
