/**
 * Tracing with X-Ray, all of it behind this file. Kinesis carries no trace context and one invocation serves many
 * traces, so the context travels in the events (W3C `traceparent`), and each hop of a sampled operation is a
 * segment of its own. The SDK is loaded when the first sampled operation comes by; unsampled ones cost nothing.
 */
import { randomBytes } from 'node:crypto';
import type { Context } from 'aws-lambda';

const TRACEPARENT = /^00-([0-9a-f]{8})([0-9a-f]{24})-([0-9a-f]{16})-([0-9a-f]{2})$/;
const SAMPLED_FLAG = 1;

export interface Hop {
  /** The context to hand on: its parent is this hop. */
  readonly traceparent: string;
  /** Sends the hop's segment; with the error, if the hop failed. */
  end(error?: unknown): void;
}

export type StartHop = (step: string, traceparent: string, operationId: string) => Hop | Promise<Hop>;

/** Opens a hop of a trace: a segment when the trace is sampled, else nothing at all. */
export const startHop: StartHop = (step, traceparent, operationId) => {
  const match = TRACEPARENT.exec(traceparent);
  const [, epoch = '', unique = '', parent = '', flags = '00'] = match ?? [];
  if ((Number.parseInt(flags, 16) & SAMPLED_FLAG) === 0) return { traceparent, end: () => {} };
  return startSegment(step, { root: `1-${epoch}-${unique}`, parent }, operationId);
};

let loading: ReturnType<typeof import('./xray.ts').loadSegment> | undefined;

async function startSegment(
  step: string,
  trace: { root: string; parent: string },
  operationId: string,
): Promise<Hop> {
  loading ??= import('./xray.ts').then(({ loadSegment }) => loadSegment());
  const Segment = await loading;
  const segment = new Segment(step, trace.root, trace.parent);
  segment.addAnnotation('operation', operationId);
  const [, epoch, unique] = trace.root.split('-');
  return {
    traceparent: `00-${epoch}${unique}-${segment.id}-01`,
    end: (error) => segment.close(error instanceof Error ? error : undefined),
  };
}

/** The trace of the invocation itself, as Lambda gives it; a new unsampled one where tracing is off. */
export function traceparentOf(context: Context): string {
  const header = (context as { xRayTraceId?: string }).xRayTraceId ?? process.env['_X_AMZN_TRACE_ID'] ?? '';
  const parts = new Map(header.split(';').map((part) => part.split('=', 2) as [string, string | undefined]));
  const root = /^1-([0-9a-f]{8})-([0-9a-f]{24})$/.exec(parts.get('Root') ?? '');
  const parent = /^[0-9a-f]{16}$/.exec(parts.get('Parent') ?? '')?.[0];
  if (!root || !parent) return `00-${randomHex(16)}-${randomHex(8)}-00`;
  return `00-${root[1]}${root[2]}-${parent}-${parts.get('Sampled') === '1' ? '01' : '00'}`;
}

function randomHex(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}
