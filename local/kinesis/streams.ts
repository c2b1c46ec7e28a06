import type { Clock } from '../clock.ts';
import { AwsError } from '../gateway/aws-error.ts';
import { ACCOUNT_ID } from '../gateway/call.ts';
import { invalidArgument, streamNotFound } from './errors.ts';
import type { StreamReference } from './request.ts';
import type { Stream } from './stream.ts';

/** The account's streams in one region, and what the operations share: where they look things up and what time it is. */
export class Streams {
  readonly clock: Clock;
  readonly #region: string;
  readonly #byName = new Map<string, Stream>();

  constructor(clock: Clock, region: string) {
    this.clock = clock;
    this.#region = region;
  }

  add(stream: Stream): void {
    if (this.#byName.has(stream.name)) {
      throw new AwsError(
        'ResourceInUseException',
        `Stream ${stream.name} under account ${ACCOUNT_ID} already exists.`,
      );
    }
    this.#byName.set(stream.name, stream);
  }

  /** In the order of their names. */
  list(): readonly Stream[] {
    return [...this.#byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  byName(name: string): Stream | undefined {
    return this.#byName.get(name);
  }

  /** The stream a request names; throws ResourceNotFoundException when there is none. */
  resolve(reference: StreamReference): Stream {
    const name = nameIn(reference);
    const stream = this.#byName.get(name);
    if (!stream || (reference.arn !== undefined && reference.arn !== stream.arn)) throw streamNotFound(name);
    return stream;
  }

  /** The ARN of the stream a request names; it need not exist, as permissions are checked first. */
  arnIn(reference: StreamReference): string {
    return reference.arn ?? this.arnOf(nameIn(reference));
  }

  arnOf(name: string): string {
    return this.#byName.get(name)?.arn ?? `arn:aws:kinesis:${this.#region}:${ACCOUNT_ID}:stream/${name}`;
  }
}

function nameIn({ name, arn }: StreamReference): string {
  const nameOfArn = arn?.slice(arn.indexOf(':stream/') + ':stream/'.length);
  if (name !== undefined && nameOfArn !== undefined && name !== nameOfArn) {
    throw invalidArgument(`StreamName ${name} and StreamARN ${arn} name different streams.`);
  }
  return name ?? nameOfArn ?? '';
}
