import type { FailureBucket } from '../nodes/failure-bucket.ts';
import type { LambdaFunction } from '../nodes/lambda-function.ts';

/** Lets a function's code park poison records, under its own name and nowhere else. */
export function functionToFailureBucket(source: LambdaFunction, failures: FailureBucket): void {
  source.allowCode(['s3:PutObject'], `${failures.resource.arn}/parked/${source.name}/*`);
  source.setEnvironment({ FAILURE_BUCKET: failures.resource.id });
}
