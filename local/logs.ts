const LINES_KEPT_MAX = 500;

/** The last lines of each function, and all of them to whoever listens. */
export class FunctionLogs {
  readonly #listener: (functionName: string, line: string) => void;
  readonly #lines = new Map<string, string[]>();

  constructor(listener: (functionName: string, line: string) => void) {
    this.#listener = listener;
  }

  add(functionName: string, line: string): void {
    const lines = this.#lines.get(functionName) ?? [];
    this.#lines.set(functionName, lines);
    lines.push(line);
    if (lines.length > LINES_KEPT_MAX) lines.shift();
    this.#listener(functionName, line);
  }

  /** Oldest first. */
  of(functionName: string): readonly string[] {
    return this.#lines.get(functionName) ?? [];
  }
}
