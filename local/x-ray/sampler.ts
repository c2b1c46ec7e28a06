import type { Clock } from '../clock.ts';

export interface SamplerDependencies {
  readonly clock: Clock;
  readonly random: () => number;
  /** That many random bytes, in hexadecimal. */
  readonly randomHex: (bytes: number) => string;
}

const FIXED_RATE = 0.05;

/** X-Ray's default sampling rule: the first request of each second, and 5 % of the others. */
export class Sampler {
  readonly #deps: SamplerDependencies;
  #lastSecond = -1;

  constructor(deps: SamplerDependencies) {
    this.#deps = deps;
  }

  /** The trace header of a new request: `Root=…;Parent=…;Sampled=…`. */
  traceHeader(): string {
    const { clock, random, randomHex } = this.#deps;
    const second = Math.floor(clock.now() / 1_000);
    const sampled = second !== this.#lastSecond || random() < FIXED_RATE;
    this.#lastSecond = second;
    const epoch = second.toString(16).padStart(8, '0');
    const hex = randomHex(20);
    return `Root=1-${epoch}-${hex.slice(0, 24)};Parent=${hex.slice(24)};Sampled=${sampled ? 1 : 0}`;
  }
}
