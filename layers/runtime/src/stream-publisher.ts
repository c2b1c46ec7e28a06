/**
 * The stream publisher: puts events on streams in as few calls as Kinesis allows, resends just the entries that
 * failed, and tells for each entry whether Kinesis acknowledged it.
 */
import { type Clock, systemClock } from './clock.ts';
import type { PipelineEvent } from './events.ts';
import { type KinesisClient, PutRecordCommand, PutRecordsCommand } from './kinesis.ts';
import { PUT_RECORDS } from './limits.ts';

export interface Emission {
  readonly streamName: string;
  readonly event: PipelineEvent;
}

export interface StreamPublisher {
  /** Puts one event, acknowledged when it resolves; rejects with the SDK's error. */
  publishOne(emission: Emission): Promise<void>;
  /** Puts many; resolves by `deadlineMs` (epoch) with, in their order, undefined for each acknowledged entry or why it was not. */
  publish(emissions: readonly Emission[], deadlineMs: number): Promise<PublishFailure[]>;
}

/** Why an entry was not acknowledged; undefined when it was. */
export type PublishFailure = Error | undefined;

interface Entry {
  readonly index: number;
  readonly data: Uint8Array;
  readonly partitionKey: string;
}

interface PublisherDeps {
  readonly client: Pick<KinesisClient, 'send'>;
  readonly clock?: Clock;
  /** From 0 to below 1. */
  readonly random?: () => number;
}

export function createStreamPublisher({
  client,
  clock = systemClock,
  random = Math.random,
}: PublisherDeps): StreamPublisher {
  return { publishOne, publish };

  async function publishOne({ streamName, event }: Emission): Promise<void> {
    await client.send(
      new PutRecordCommand({ StreamName: streamName, Data: encode(event), PartitionKey: event.subject }),
    );
  }

  async function publish(emissions: readonly Emission[], deadlineMs: number): Promise<PublishFailure[]> {
    const failures: PublishFailure[] = emissions.map(() => new Error('not sent: the time was up'));
    await Promise.all(
      [...byStream(emissions)].map(async ([streamName, entries]) => {
        for (const call of intoCalls(entries))
          await putUntilAcknowledged(streamName, call, deadlineMs, failures);
      }),
    );
    return failures;
  }

  async function putUntilAcknowledged(
    streamName: string,
    entries: readonly Entry[],
    deadlineMs: number,
    failures: PublishFailure[],
  ): Promise<void> {
    let unacknowledged = entries;
    for (let attempt = 0; attempt < PUT_RECORDS.attemptsMax && clock.now() < deadlineMs; attempt += 1) {
      unacknowledged = await putOnce(streamName, unacknowledged, failures);
      if (unacknowledged.length === 0) return;
      const backoffMs =
        Math.min(PUT_RECORDS.backoffMaxMs, PUT_RECORDS.backoffBaseMs * 2 ** attempt) * random();
      if (clock.now() + backoffMs >= deadlineMs) return;
      await clock.sleep(backoffMs);
    }
  }

  /** One PutRecords: notes each entry's outcome in `failures` and returns those worth sending again. */
  async function putOnce(
    streamName: string,
    entries: readonly Entry[],
    failures: PublishFailure[],
  ): Promise<readonly Entry[]> {
    const records = entries.map(({ data, partitionKey }) => ({ Data: data, PartitionKey: partitionKey }));
    const answers = await client
      .send(new PutRecordsCommand({ StreamName: streamName, Records: records }))
      .then((answer) => answer.Records ?? [])
      .catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
    if (answers instanceof Error) {
      for (const { index } of entries) failures[index] = answers;
      return isWorthRetrying(answers) ? entries : [];
    }
    return entries.filter(({ index }, position) => {
      failures[index] = failureOf(answers[position]);
      return failures[index] !== undefined;
    });
  }
}

function failureOf(
  answer:
    | {
        SequenceNumber?: string | undefined;
        ErrorCode?: string | undefined;
        ErrorMessage?: string | undefined;
      }
    | undefined,
): PublishFailure {
  if (answer?.SequenceNumber !== undefined && answer.ErrorCode === undefined) return undefined;
  return Object.assign(new Error(answer?.ErrorMessage ?? 'no answer for this entry'), {
    name: answer?.ErrorCode ?? 'NoAnswer',
  });
}

/** A call that AWS refuses for what it is (no permission, no such stream) is refused again; the record's own retry is slower and wiser. */
function isWorthRetrying(error: Error): boolean {
  const { $fault, $retryable } = error as { $fault?: 'client' | 'server'; $retryable?: object };
  return (
    $fault !== 'client' || $retryable !== undefined || error.name === 'ProvisionedThroughputExceededException'
  );
}

function encode(event: PipelineEvent): Uint8Array {
  return Buffer.from(JSON.stringify(event));
}

function byStream(emissions: readonly Emission[]): Map<string, Entry[]> {
  const streams = new Map<string, Entry[]>();
  for (const [index, { streamName, event }] of emissions.entries()) {
    const entry = { index, data: encode(event), partitionKey: event.subject };
    const entries = streams.get(streamName);
    if (entries) entries.push(entry);
    else streams.set(streamName, [entry]);
  }
  return streams;
}

/** Cuts entries into calls of at most 500 entries and the request's byte limit, in order. */
function intoCalls(entries: readonly Entry[]): Entry[][] {
  const calls: Entry[][] = [];
  let call: Entry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const entryBytes = entry.data.byteLength + Buffer.byteLength(entry.partitionKey);
    if (call.length === PUT_RECORDS.entriesMax || bytes + entryBytes > PUT_RECORDS.requestBytesMax) {
      calls.push(call);
      call = [];
      bytes = 0;
    }
    call.push(entry);
    bytes += entryBytes;
  }
  if (call.length > 0) calls.push(call);
  return calls;
}
