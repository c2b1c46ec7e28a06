import { objectOf } from '../input.ts';
import type { Operation } from '../s3.ts';
import { headOf, type ObjectHead } from './head-object.ts';

/** `Body` is base64. */
export interface ObjectWithBody extends ObjectHead {
  readonly Body: string;
}

export const getObject: Operation = (buckets, input): ObjectWithBody => {
  const object = objectOf(buckets, input);
  return { ...headOf(object), Body: object.body.toString('base64') };
};
