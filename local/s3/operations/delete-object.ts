import { bucketOf, text } from '../input.ts';
import type { Operation } from '../s3.ts';

/** Deletes a key; deleting what is not there succeeds too. */
export const deleteObject: Operation = (buckets, input) => {
  bucketOf(buckets, input).delete(text(input, 'Key'));
  return {};
};
