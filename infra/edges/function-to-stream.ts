import type { LambdaFunction } from '../nodes/lambda-function.ts';
import type { Stream } from '../nodes/stream.ts';
import { environmentName } from './environment-name.ts';

/** Lets a function's code write to a stream, and tells it the stream's name. */
export function functionToStream(
  source: LambdaFunction,
  stream: Stream,
  action: 'PutRecord' | 'PutRecords',
): void {
  source.allowCode([`kinesis:${action}`], stream.resource.arn);
  source.setEnvironment({ [environmentName(stream.name, 'STREAM')]: stream.resource.name });
}
