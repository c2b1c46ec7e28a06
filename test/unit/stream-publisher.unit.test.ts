import { describe, expect, test } from '@jest/globals';
import type { PipelineEvent } from '@shardbound/runtime/events';
import { PUT_RECORDS } from '@shardbound/runtime/limits';
import { createStreamPublisher } from '@shardbound/runtime/stream-publisher';
import fc from 'fast-check';
import { type Answer, kinesisClientOn, type PutRecordsBody } from '../helpers/kinesis-transport.ts';
import { requested } from '../helpers/records.ts';

const THROTTLED = { ErrorCode: 'ProvisionedThroughputExceededException', ErrorMessage: 'Rate exceeded' };
const acknowledged = (n: number) => ({ SequenceNumber: String(n), ShardId: 'shardId-000000000000' });

/** Sleeping takes no time but moves the clock. */
function stillClock() {
  let nowMs = 0;
  return {
    now: () => nowMs,
    sleep: async (ms: number) => {
      nowMs += ms;
    },
  };
}

function emissionsOf(count: number, streamName = 'user-approve') {
  return Array.from({ length: count }, (_, n) => ({ streamName, event: requested(n) as PipelineEvent }));
}

function publisherOn(answer: (body: PutRecordsBody) => Answer) {
  const calls: PutRecordsBody[] = [];
  const client = kinesisClientOn((body) => {
    calls.push(body);
    return answer(body);
  });
  return { calls, publisher: createStreamPublisher({ client, clock: stillClock(), random: () => 0.5 }) };
}

const keysOf = (body: PutRecordsBody) => body.Records.map(({ PartitionKey }) => PartitionKey);

describe('stream publisher', () => {
  test('what is resent is exactly what failed, whatever fails', async () => {
    const masks = fc.array(fc.array(fc.boolean(), { minLength: 1, maxLength: 12 }), {
      minLength: 1,
      maxLength: 5,
    });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 12 }), masks, async (count, failureMasks) => {
        const failed: string[][] = [];
        let call = 0;
        const { calls, publisher } = publisherOn(({ Records }) => {
          const mask = failureMasks[call] ?? [];
          call += 1;
          const fails = Records.map((_, index) => mask[index % Math.max(1, mask.length)] === true);
          failed.push(Records.filter((_, index) => fails[index]).map(({ PartitionKey }) => PartitionKey));
          return { body: { Records: fails.map((fail, n) => (fail ? THROTTLED : acknowledged(n))) } };
        });
        const outcomes = await publisher.publish(emissionsOf(count), 1e9);
        for (const [index, body] of calls.slice(1).entries()) expect(keysOf(body)).toEqual(failed[index]);
        expect(failed.at(-1)).toEqual([]);
        expect(outcomes).toEqual(Array.from({ length: count }, () => undefined));
      }),
      { numRuns: 100 },
    );
  });

  test('tells for each entry whether it was acknowledged, in the order given', async () => {
    const { calls, publisher } = publisherOn(({ Records }) => ({
      body: {
        Records: Records.map(({ PartitionKey }, n) => (PartitionKey === key1 ? THROTTLED : acknowledged(n))),
      },
    }));
    const emissions = emissionsOf(3);
    const key1 = emissions[1]?.event.subject;
    const [first, second, third] = await publisher.publish(emissions, 1e9);
    expect([first, third]).toEqual([undefined, undefined]);
    expect(second?.name).toBe('ProvisionedThroughputExceededException');
    expect(calls).toHaveLength(PUT_RECORDS.attemptsMax);
  });

  test('gathers entries into calls of at most 500, a stream at a time', async () => {
    const { calls, publisher } = publisherOn(({ Records }) => ({
      body: { Records: Records.map((_, n) => acknowledged(n)) },
    }));
    const emissions = [...emissionsOf(1_001), ...emissionsOf(2, 'user-create-response')];
    const outcomes = await publisher.publish(emissions, 1e9);
    expect(outcomes.every((outcome) => outcome === undefined)).toBe(true);
    const sizes = calls.map(({ StreamName, Records }) => `${StreamName} ${Records.length}`).sort();
    expect(sizes).toEqual([
      'user-approve 1',
      'user-approve 500',
      'user-approve 500',
      'user-create-response 2',
    ]);
  });

  test('keeps each call under the request byte limit', async () => {
    const { calls, publisher } = publisherOn(({ Records }) => ({
      body: { Records: Records.map((_, n) => acknowledged(n)) },
    }));
    const large = { ...requested(1), time: 'x'.repeat(60_000) } as PipelineEvent;
    await publisher.publish(
      Array.from({ length: 200 }, () => ({ streamName: 's', event: large })),
      1e9,
    );
    expect(calls.length).toBeGreaterThan(1);
    for (const { Records } of calls) {
      const bytes = Records.reduce(
        (sum, r) => sum + Buffer.byteLength(r.Data, 'base64') + r.PartitionKey.length,
        0,
      );
      expect(bytes).toBeLessThanOrEqual(PUT_RECORDS.requestBytesMax);
    }
    expect(calls.flatMap(({ Records }) => Records)).toHaveLength(200);
  });

  test('a call that breaks is sent again whole, and ends at the deadline', async () => {
    const { calls, publisher } = publisherOn(() => ({
      statusCode: 500,
      body: { __type: 'InternalFailure' },
    }));
    const outcomes = await publisher.publish(emissionsOf(2), 100);
    expect(calls.length).toBeGreaterThan(1);
    expect(calls.length).toBeLessThan(PUT_RECORDS.attemptsMax);
    expect(outcomes.every((outcome) => outcome instanceof Error)).toBe(true);
  });

  test('a refusal is not worth a second call', async () => {
    const body = { __type: 'AccessDeniedException', message: 'User is not authorized' };
    const { calls, publisher } = publisherOn(() => ({ statusCode: 400, body }));
    const outcomes = await publisher.publish(emissionsOf(2), 1e9);
    expect(calls).toHaveLength(1);
    expect(outcomes.map((outcome) => outcome?.name)).toEqual([
      'AccessDeniedException',
      'AccessDeniedException',
    ]);
  });

  test('an answer shorter than the request leaves the rest unacknowledged', async () => {
    const { publisher } = publisherOn(() => ({ body: { Records: [] } }));
    const outcomes = await publisher.publish(emissionsOf(1), 1e9);
    expect(outcomes[0]?.name).toBe('NoAnswer');
  });
});
