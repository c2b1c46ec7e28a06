import type { Clock } from '../clock.ts';

/** API Gateway's throttle: `rateLimit` requests a second on average, `burstLimit` at once. */
export interface Throttling {
  readonly rateLimit: number;
  readonly burstLimit: number;
}

/** A bucket that holds a burst and fills at the rate. */
export class TokenBucket {
  readonly #throttling: Throttling;
  readonly #clock: Clock;
  #tokens: number;
  #filledAtMs: number;

  constructor(throttling: Throttling, clock: Clock) {
    this.#throttling = throttling;
    this.#clock = clock;
    this.#tokens = throttling.burstLimit;
    this.#filledAtMs = clock.now();
  }

  /** Takes one token if there is one. */
  take(): boolean {
    const { rateLimit, burstLimit } = this.#throttling;
    const nowMs = this.#clock.now();
    // A wall clock may step back; time that did not pass fills nothing.
    const elapsedMs = Math.max(0, nowMs - this.#filledAtMs);
    this.#tokens = Math.min(burstLimit, this.#tokens + (elapsedMs * rateLimit) / 1_000);
    this.#filledAtMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
