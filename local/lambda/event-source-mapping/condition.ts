/** Lets the loops of one shard wait until what they watch has changed; all waits end when `stop` aborts. */
export class Condition {
  readonly #stop: AbortSignal;
  #waiting: (() => void)[] = [];

  constructor(stop: AbortSignal) {
    this.#stop = stop;
    stop.addEventListener('abort', () => this.notify(), { once: true });
  }

  /** Call after each change that `holds` of any waiter depends on. */
  notify(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  async until(holds: () => boolean): Promise<void> {
    while (!this.#stop.aborted && !holds()) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
}
