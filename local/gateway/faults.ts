import type { AwsError } from './aws-error.ts';
import type { Call } from './call.ts';

/** The connection breaks instead of an answer: over HTTP the socket is reset, in process the call rejects with this. */
export class ConnectionReset extends Error {
  readonly code = 'ECONNRESET';

  constructor() {
    super('the connection was reset');
    this.name = 'ConnectionReset';
  }
}

/** Which calls a fault strikes, and how often (for ever, unless `times` says). */
interface Target {
  readonly service: string;
  readonly operation: string;
  readonly match?: (call: Call) => boolean;
  readonly times?: number;
}

/**
 * `before`: not executed, the error is the answer. `after`: executed, and the answer is lost to the error.
 * `hold`: executed once `until` resolves, whether or not the caller still waits (a zombie's write that lands late).
 */
export type Fault = Target &
  (
    | { readonly when: 'before' | 'after'; readonly error: AwsError | 'reset' }
    | { readonly when: 'hold'; readonly until: Promise<unknown> }
  );

export interface InjectedFault {
  /** How many calls it struck so far: a test that expects a fault checks that it came. */
  readonly fired: number;
  remove(): void;
}

interface Armed {
  readonly fault: Fault;
  fired: number;
}

/** Faults below the retry layer of the SDKs: what a client sees is what a network or a service would do to it. */
export class Faults {
  #armed: readonly Armed[] = [];

  /** The fault injected first wins when several match one call. */
  inject(fault: Fault): InjectedFault {
    const armed: Armed = { fault, fired: 0 };
    this.#armed = [...this.#armed, armed];
    return {
      get fired() {
        return armed.fired;
      },
      remove: () => {
        this.#armed = this.#armed.filter((other) => other !== armed);
      },
    };
  }

  /** Runs a call under the first fault that strikes it, if any does. */
  async guard<T>(call: Call, execute: () => Promise<T>): Promise<T> {
    const fault = this.#armed.length === 0 ? undefined : this.#strike(call);
    if (!fault) return execute();
    if (fault.when === 'hold') {
      await fault.until;
      return execute();
    }
    // What the service answers, even an error, is lost all the same.
    if (fault.when === 'after') await Promise.allSettled([execute()]);
    throw fault.error === 'reset' ? new ConnectionReset() : fault.error;
  }

  #strike(call: Call): Fault | undefined {
    const armed = this.#armed.find(
      ({ fault, fired }) =>
        fault.service === call.service &&
        fault.operation === call.operation &&
        fired < (fault.times ?? Number.POSITIVE_INFINITY) &&
        (fault.match?.(call) ?? true),
    );
    if (armed) armed.fired += 1;
    return armed?.fault;
  }
}
