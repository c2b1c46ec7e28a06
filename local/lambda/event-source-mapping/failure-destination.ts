import { backOffMs } from './back-off.ts';
import {
  type EventSourceMappingConfiguration,
  type MappingDependencies,
  type MappingOptions,
  principalOf,
} from './configuration.ts';
import { eventJson } from './event.ts';
import { type Discarded, type DiscardedFrom, failureRecord, failureRecordKey } from './failure-record.ts';
import type { FaultLog } from './fault-log.ts';

/**
 * Where records go that a mapping gives up: the bucket of its failure destination, or nowhere if it has none.
 * AWS drops what it cannot write there; here the lane is held until it can, for nothing is to be lost in silence.
 */
export class FailureDestination {
  readonly #configuration: EventSourceMappingConfiguration;
  readonly #options: MappingOptions;
  readonly #dependencies: MappingDependencies;
  readonly #faults: FaultLog;

  constructor(
    configuration: EventSourceMappingConfiguration,
    options: MappingOptions,
    dependencies: MappingDependencies,
    faults: FaultLog,
  ) {
    this.#configuration = configuration;
    this.#options = options;
    this.#dependencies = dependencies;
    this.#faults = faults;
  }

  /** True once the records are parked, or dropped for want of a destination; false if `stop` came before. */
  async take(discarded: Discarded, shardId: string, stop: AbortSignal): Promise<boolean> {
    const { observer, log } = this.#dependencies;
    const { uuid, functionArn, eventSourceArn, failureDestinationArn } = this.#configuration;
    const from = { mappingUuid: uuid, functionArn, streamArn: eventSourceArn, shardId };
    if (failureDestinationArn === undefined) {
      observer.recordsDropped?.(discarded.records.length);
      log(`no failure destination, records dropped: ${JSON.stringify(failureRecord(discarded, from))}`);
      return true;
    }
    const written = await this.#write(failureDestinationArn, discarded, from, stop);
    if (written) observer.recordsParkedByMapping?.(discarded.records.length);
    return written;
  }

  async #write(
    bucketArn: string,
    discarded: Discarded,
    from: DiscardedFrom,
    stop: AbortSignal,
  ): Promise<boolean> {
    const { callAws, clock, random, uuid } = this.#dependencies;
    const activity = `writing to the failure destination for ${from.shardId}`;
    const input = {
      Bucket: bucketArn.slice(bucketArn.lastIndexOf(':') + 1),
      // One key for all tries: a write whose answer was lost is overwritten, not doubled.
      Key: failureRecordKey(from, discarded.atMs, uuid()),
      Body: Buffer.from(this.#body(discarded, from)).toString('base64'),
      ContentType: 'application/json',
    };
    const principal = principalOf(this.#configuration);
    for (let failuresInARow = 1; ; failuresInARow += 1) {
      try {
        await callAws({ service: 's3', operation: 'PutObject', input, principal });
        this.#faults.succeeded(activity);
        return true;
      } catch (error) {
        this.#faults.failed(activity, error);
      }
      await clock.sleep(backOffMs(this.#options.backOff, failuresInARow, random), stop);
      if (stop.aborted) return false;
    }
  }

  /** The failure record with the event that could not be delivered. */
  #body(discarded: Discarded, from: DiscardedFrom): string {
    const event = eventJson(discarded.records);
    const payload: unknown = this.#options.failurePayload === 'text' ? event : JSON.parse(event);
    return JSON.stringify({ ...failureRecord(discarded, from), payload });
  }
}
