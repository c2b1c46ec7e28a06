/** Lets at most `startsMax` run at once, the others in order of arrival. */
export class StartGate {
  readonly #startsMax: number;
  readonly #queue: (() => void)[] = [];
  #running = 0;

  constructor(startsMax: number) {
    this.#startsMax = startsMax;
  }

  async run<Result>(start: () => Promise<Result>): Promise<Result> {
    if (this.#running < this.#startsMax) this.#running += 1;
    else await new Promise<void>((resolve) => this.#queue.push(resolve));
    try {
      return await start();
    } finally {
      // A permit is handed on rather than given back, so that nobody can slip in between.
      const next = this.#queue.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}
