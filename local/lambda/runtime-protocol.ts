import type { Isolation } from './lambda.ts';

/** Worker data of an environment's worker thread. Everything else it finds in its environment variables. */
export interface RuntimeStart {
  readonly isolation: Isolation;
}

/** Host to worker: one invocation. */
export interface InvocationRequest {
  readonly requestId: string;
  /** JSON text. */
  readonly payload: string;
  readonly deadlineEpochMs: number;
  readonly invokedFunctionArn: string;
  readonly traceHeader?: string;
  readonly tenantId?: string;
}

/** Worker to host. A `payload` is the JSON text that Invoke answers with. */
export type RuntimeMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'init-error'; readonly payload: string }
  | { readonly kind: 'result'; readonly requestId: string; readonly payload: string }
  | { readonly kind: 'error'; readonly requestId: string; readonly payload: string }
  | { readonly kind: 'invalid-request'; readonly requestId: string; readonly reason: string }
  /** Thrown outside of any handler's promise: the worker ends itself next. */
  | { readonly kind: 'uncaught'; readonly payload: string }
  | { readonly kind: 'output'; readonly requestId: string | undefined; readonly text: string };
