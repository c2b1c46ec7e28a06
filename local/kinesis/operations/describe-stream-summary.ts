import type { Input } from '../../gateway/call.ts';
import { describeStreamSettings, MAX_RECORD_SIZE_IN_KIB } from '../descriptions.ts';
import { Fields } from '../fields.ts';
import { requiredStreamReference } from '../request.ts';
import type { Streams } from '../streams.ts';

/** Describes a stream without its shards. */
export function describeStreamSummary(streams: Streams, input: Input) {
  const fields = new Fields(input);
  const reference = requiredStreamReference(fields);
  fields.check();
  const stream = streams.resolve(reference);
  return {
    StreamDescriptionSummary: {
      ...describeStreamSettings(stream),
      OpenShardCount: stream.openShardCount,
      ConsumerCount: 0,
      MaxRecordSizeInKiB: MAX_RECORD_SIZE_IN_KIB,
    },
  };
}
