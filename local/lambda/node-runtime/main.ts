/**
 * The runtime inside an environment's worker thread, as Lambda's own Node runtime client behaves: loads the
 * handler, then answers invocations. With isolation by function, invocations overlap in here.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { InvocationRequest, RuntimeMessage, RuntimeStart } from '../runtime-protocol.ts';
import { createContext } from './context.ts';
import { errorPayload, RuntimeError, resultPayload } from './error-payload.ts';
import { type Handler, loadHandler } from './load-handler.ts';
import { captureOutput } from './output.ts';

const EXIT_CODE_UNCAUGHT = 129;

const port = hostPort();
const { isolation } = workerData as RuntimeStart;
const currentRequestId = new AsyncLocalStorage<string>();

for (const stream of [process.stdout, process.stderr]) {
  captureOutput(stream, (text) => send({ kind: 'output', requestId: currentRequestId.getStore(), text }));
}
process.on('uncaughtException', exitUncaught);
process.on('unhandledRejection', (reason) =>
  exitUncaught(new RuntimeError('UnhandledPromiseRejection', String(reason), { cause: reason })),
);

try {
  const handler = await loadHandler(process.env['LAMBDA_TASK_ROOT'] ?? '', process.env['_HANDLER'] ?? '');
  port.on('message', (request: InvocationRequest) => {
    void currentRequestId.run(request.requestId, answer, handler, request);
  });
  send({ kind: 'ready' });
} catch (error) {
  send({ kind: 'init-error', payload: errorPayload(error) });
}

async function answer(handler: Handler, request: InvocationRequest): Promise<void> {
  const { requestId } = request;
  let event: unknown;
  try {
    event = JSON.parse(request.payload);
  } catch (error) {
    send({ kind: 'invalid-request', requestId, reason: String(error) });
    return;
  }
  if (isolation === 'environment') setTraceVariable(request.traceHeader);
  try {
    const result = await handler(event, createContext(request, process.env));
    send({ kind: 'result', requestId, payload: resultPayload(result) });
  } catch (error) {
    send({ kind: 'error', requestId, payload: errorPayload(error) });
  }
}

/** A variable belongs to the whole worker: only where one invocation has it to itself can it carry the trace. */
function setTraceVariable(traceHeader: string | undefined): void {
  if (traceHeader === undefined) delete process.env['_X_AMZN_TRACE_ID'];
  else process.env['_X_AMZN_TRACE_ID'] = traceHeader;
}

function exitUncaught(error: unknown): void {
  send({ kind: 'uncaught', payload: errorPayload(error) });
  process.exit(EXIT_CODE_UNCAUGHT);
}

function send(message: RuntimeMessage): void {
  port.postMessage(message);
}

function hostPort(): MessagePort {
  if (!parentPort) throw new Error('The runtime runs in a worker thread');
  return parentPort;
}
