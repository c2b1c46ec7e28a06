/** When users arrive: at an even pace, or as independent people do, in a Poisson process of the same mean rate. */
export type Arrivals = 'even' | 'poisson';

export interface Schedule {
  readonly arrivals: Arrivals;
  readonly ratePerS: number;
  readonly durationMs: number;
  /** Of the Poisson process; the same seed is the same schedule. */
  readonly seed: number;
}

/**
 * The intended starts in milliseconds after the flood's own start, ascending and all before `durationMs`.
 * They depend on nothing that happens during the run: this is what makes the schedule an open one.
 */
export function* intendedStarts(schedule: Schedule): Generator<number, void> {
  const startMs = schedule.arrivals === 'even' ? evenly(schedule) : poisson(schedule);
  for (let atMs = startMs(); atMs < schedule.durationMs; atMs = startMs()) yield atMs;
}

function evenly({ ratePerS }: Schedule): () => number {
  let n = -1;
  return () => {
    n += 1;
    // A product and one division: adding up a rounded interval would drift.
    return (n * 1_000) / ratePerS;
  };
}

function poisson({ ratePerS, seed }: Schedule): () => number {
  const random = seededRandom(seed);
  let atMs = 0;
  return () => {
    // The gaps of a Poisson process are exponential; 1 - u is never 0, so the logarithm is finite.
    atMs -= (Math.log(1 - random()) * 1_000) / ratePerS;
    return atMs;
  };
}

/** Marsaglia's 32-bit xorshift, in [0, 1): enough for arrivals, and the same on every machine. */
function seededRandom(seed: number): () => number {
  // Multiplying spreads neighbouring seeds apart; xorshift would never leave 0.
  let state = Math.imul(seed + 1, 0x9e3779b1) || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
