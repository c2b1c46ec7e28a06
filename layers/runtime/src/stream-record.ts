/** Reads one record of a stream: strict at every layer, because Node is not (bad base64 and bad UTF-8 pass it silently). */
import type { KinesisStreamRecord } from 'aws-lambda';
import { PoisonRecordError } from './errors.ts';
import type { EventSchema, PipelineEvent } from './events.ts';
import { jsonDepth } from './json.ts';
import { EVENT } from './limits.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true });
const VERSIONED_TYPE = /^(.+)\.v([1-9][0-9]*)$/;

/** The event a record carries, checked against its schema; PoisonRecordError says why it never can be. */
export function decodeRecord<Event extends PipelineEvent>(
  record: KinesisStreamRecord,
  schema: EventSchema<Event>,
): Event {
  const value = parse(record.kinesis.data);
  refuseOtherTypes(value, schema.shape.type.value);
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const paths = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.code}`);
  throw new PoisonRecordError(
    'invalid-event',
    `does not fit ${schema.shape.type.value} at ${paths.join(', ')}`,
  );
}

function parse(base64: string): unknown {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.byteLength > EVENT.bytesMax) {
    throw new PoisonRecordError('too-large', `has ${bytes.byteLength} bytes, more than ${EVENT.bytesMax}`);
  }
  const text = decodeUtf8(bytes);
  if (jsonDepth(text, EVENT.jsonDepthMax) > EVENT.jsonDepthMax) {
    throw new PoisonRecordError('too-deep', `nests deeper than ${EVENT.jsonDepthMax} levels`);
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new PoisonRecordError('not-json', 'is not JSON', { cause });
  }
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch (cause) {
    throw new PoisonRecordError('not-utf8', 'is not UTF-8', { cause });
  }
}

/** Tells a type that has no business on this stream from a version this code is too old (or too new) for. */
function refuseOtherTypes(value: unknown, expected: string): void {
  const type = typeof value === 'object' && value !== null ? (value as { type?: unknown }).type : undefined;
  if (typeof type !== 'string') throw new PoisonRecordError('invalid-event', 'has no type');
  if (type === expected) return;
  const [, family] = VERSIONED_TYPE.exec(type) ?? [];
  const [, expectedFamily] = VERSIONED_TYPE.exec(expected) ?? [];
  if (family !== undefined && family === expectedFamily) {
    throw new PoisonRecordError('unsupported-version', `is a version of ${family} that is not ${expected}`);
  }
  throw new PoisonRecordError('unexpected-type', `is not ${expected}`);
}
