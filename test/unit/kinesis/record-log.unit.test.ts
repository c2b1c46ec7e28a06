import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RecordLog, type StoredRecord } from '../../../local/kinesis/record-log.ts';

const record = (arrivedAtMs: number, sizeBytes = 1): StoredRecord => ({
  sequenceNumber: '',
  partitionKey: '',
  data: '',
  arrivedAtMs,
  sizeBytes,
});

describe('record log', () => {
  test('keeps positions, reads and searches as a plain list would, however it is appended to and trimmed', () => {
    const step = fc.oneof(
      fc.record({ append: fc.integer({ min: 1, max: 8 }), laterMs: fc.integer({ min: 0, max: 3 }) }),
      fc.record({ trimBackMs: fc.integer({ min: 0, max: 12 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const log = new RecordLog();
        const all: StoredRecord[] = [];
        let nowMs = 0;
        let kept = 0;
        for (const each of steps) {
          if ('append' in each) {
            nowMs += each.laterMs;
            for (let count = 0; count < each.append; count += 1) {
              all.push(record(nowMs));
              log.append(all.at(-1) ?? record(nowMs));
            }
          } else {
            const horizonMs = nowMs - each.trimBackMs;
            log.trimBefore(horizonMs);
            while (kept < all.length && (all[kept]?.arrivedAtMs ?? nowMs) < horizonMs) kept += 1;
          }
          expect([log.start, log.end]).toEqual([kept + 1, all.length + 1]);
          expect(log.read(0, 1_000, 1_000).records).toEqual(all.slice(kept));
          const firstNow = all.findIndex((each, index) => index >= kept && each.arrivedAtMs >= nowMs);
          expect(log.positionAt(nowMs)).toBe(firstNow === -1 ? log.end : firstNow + 1);
        }
      }),
    );
  });

  test('a slice ends at the count or at the bytes, and says which', () => {
    const log = new RecordLog();
    for (let index = 0; index < 5; index += 1) log.append(record(0, 10));
    expect(log.read(1, 3, 1_000)).toMatchObject({ bytes: 30, end: 4, full: false });
    expect(log.read(1, 100, 25)).toMatchObject({ bytes: 20, end: 3, full: true });
    expect(log.read(1, 100, 50)).toMatchObject({ bytes: 50, end: 6, full: true });
    expect(log.read(4, 100, 1_000)).toMatchObject({ bytes: 20, end: 6, full: false });
    expect(log.read(99, 100, 1_000)).toMatchObject({ records: [], end: 6, full: false });
  });

  test('a record too large for the bytes is read alone, so that a reader always gets on', () => {
    const log = new RecordLog();
    log.append(record(0, 10));
    log.append(record(0, 10));
    expect(log.read(1, 100, 5)).toMatchObject({ bytes: 10, end: 2, full: true });
  });

  test('gives back the memory of what was trimmed', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const log = new RecordLog();
    const old: WeakRef<StoredRecord>[] = [];
    for (let index = 0; index < 2_000; index += 1) {
      const appended = record(index);
      log.append(appended);
      old.push(new WeakRef(appended));
    }
    log.trimBefore(1_500);
    await setImmediate(); // a WeakRef holds its target until the turn that made it is over
    collectGarbage();
    const alive = old.map((reference) => reference.deref() !== undefined);
    expect(alive.slice(0, 1_500)).not.toContain(true);
    expect(alive.slice(1_500)).not.toContain(false);
    expect(log.read(0, 10_000, 10_000).records).toHaveLength(500);
  });
});
