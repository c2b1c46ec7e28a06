/** Logs a fault when it begins, changes and ends, not each time that it is met again. */
export class FaultLog {
  readonly #log: (line: string) => void;
  readonly #current = new Map<string, string>();

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  /** `activity` failed with `error`. */
  failed(activity: string, error: unknown): void {
    const fault = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    if (this.#current.get(activity) === fault) return;
    this.#current.set(activity, fault);
    this.#log(`${activity} fails and is retried: ${fault}`);
  }

  succeeded(activity: string): void {
    if (this.#current.delete(activity)) this.#log(`${activity} works again`);
  }
}
