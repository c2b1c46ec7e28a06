import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { AwsError } from './aws-error.ts';
import { awsJson } from './aws-json.ts';
import type { AwsService, Call, CallAws } from './call.ts';
import { Faults } from './faults.ts';
import { HttpFront } from './http-front.ts';
import { type Identities, sessionArn } from './identities.ts';
import { isAllowed } from './policy.ts';

/** One call as the gateway saw it; from these a test collects what each role really used. */
export interface CalledEvent {
  readonly principalArn: string;
  readonly service: string;
  readonly operation: string;
  /** The IAM action, e.g. `s3:ListBucket` for ListObjectsV2. */
  readonly action: string;
  readonly resourceArns: readonly string[];
  /** `ok`, or the code of the error that the caller was given. */
  readonly outcome: string;
  readonly durationMs: number;
}

export interface GatewayObserver {
  called(event: CalledEvent): void;
}

export interface GatewayOptions {
  readonly services: readonly AwsService[];
  readonly identities: Identities;
  readonly clock: Clock;
  readonly observer: GatewayObserver;
  readonly log: (line: string) => void;
  /** How long a call takes beside its execution, in ms; none unless given. */
  readonly latencyMs?: (call: Call) => number;
  /** Makes request ids. */
  readonly uuid?: () => string;
}

/** The local endpoint has no TLS; a policy that asks for it speaks of AWS's network, where every SDK uses it. */
const CONTEXT = { 'aws:securetransport': 'true' };

/** The one AWS endpoint. Every call, over HTTP or in process, goes: who calls → faults → latency → service, metered. */
export class Gateway {
  readonly faults = new Faults();
  readonly #services: ReadonlyMap<string, AwsService>;
  readonly #identities: Identities;
  readonly #clock: Clock;
  readonly #observer: GatewayObserver;
  readonly #log: GatewayOptions['log'];
  readonly #latencyMs: (call: Call) => number;
  readonly #front: HttpFront;

  constructor(options: GatewayOptions) {
    this.#services = new Map(options.services.map((service) => [service.name, service]));
    this.#identities = options.identities;
    this.#clock = options.clock;
    this.#observer = options.observer;
    this.#log = options.log;
    this.#latencyMs = options.latencyMs ?? (() => 0);
    this.#front = new HttpFront({
      services: this.#services,
      identities: options.identities,
      call: this.call,
      log: options.log,
      uuid: options.uuid ?? randomUUID,
    });
  }

  /** Opens the HTTP endpoint on loopback; resolves to the port, rejects as `listen` does (EADDRINUSE). */
  listen(port: number): Promise<number> {
    return this.#front.listen(port);
  }

  close(): Promise<void> {
    return this.#front.close();
  }

  /** Makes one call; rejects with an AwsError, or with ConnectionReset where a fault says so. */
  readonly call: CallAws = async (call) => {
    const service = this.#services.get(call.service);
    if (!service) throw new AwsError('UnknownOperationException', `no such service: ${call.service}`, 404);
    const startMs = this.#clock.now();
    const action = service.action?.(call.operation) ?? `${call.service}:${call.operation}`;
    let resourceArns: readonly string[] = [];
    let outcome = 'ok';
    try {
      resourceArns = service.resourceArns(call.operation, call.input);
      this.#authorize(call, service, action, resourceArns);
      return await this.faults.guard(call, () => this.#execute(call, service));
    } catch (error) {
      outcome = codeOf(error);
      throw error;
    } finally {
      const { service: serviceName, operation, principal } = call;
      const durationMs = this.#clock.now() - startMs;
      this.#observer.called({
        principalArn: principal.arn,
        service: serviceName,
        operation,
        action,
        resourceArns,
        outcome,
        durationMs,
      });
    }
  };

  #authorize(call: Call, service: AwsService, action: string, resourceArns: readonly string[]): void {
    const { principal } = call;
    if (principal.kind === 'owner') return;
    const policies = this.#identities.policiesOf(principal.arn);
    // Nothing named is not nothing asked: it takes a policy for every resource.
    for (const resource of resourceArns.length > 0 ? resourceArns : ['*']) {
      const { allowed, reason } = isAllowed(policies, action, resource, CONTEXT);
      if (allowed) continue;
      this.#log(`access denied: ${principal.arn} called ${action} on ${resource}: ${reason}`);
      throw (service.wire ?? awsJson).refuse(
        'denied',
        `User: ${sessionArn(principal)} is not authorized to perform: ${action} on resource: ${resource} ${reason}`,
      );
    }
  }

  async #execute(call: Call, service: AwsService): Promise<unknown> {
    const latencyMs = this.#latencyMs(call);
    if (latencyMs > 0) await this.#clock.sleep(latencyMs);
    return service.execute(call.operation, call.input);
  }
}

function codeOf(error: unknown): string {
  if (error instanceof AwsError) return error.code;
  return error instanceof Error ? error.name : 'InternalFailure';
}
