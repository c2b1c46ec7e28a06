import { bucketOf } from '../input.ts';
import type { Operation } from '../s3.ts';

/** Answers nothing, or NoSuchBucket. */
export const headBucket: Operation = (buckets, input) => {
  bucketOf(buckets, input);
  return {};
};
