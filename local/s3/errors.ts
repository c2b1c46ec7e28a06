import { AwsError } from '../gateway/aws-error.ts';

/** S3's errors, with the texts of "Error responses" in the S3 API reference. */
export const noSuchBucket = () => new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404);
export const noSuchKey = () => new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
export const invalidUri = () => new AwsError('InvalidURI', "Couldn't parse the specified URI.", 400);
export const invalidArgument = (message: string) => new AwsError('InvalidArgument', message, 400);
export const badDigest = (what: string) =>
  new AwsError('BadDigest', `The ${what} you specified did not match the calculated checksum.`, 400);
export const incompleteBody = () =>
  new AwsError(
    'IncompleteBody',
    'You did not provide the number of bytes specified by the Content-Length HTTP header',
    400,
  );
export const preconditionFailed = () =>
  new AwsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412);
export const notImplemented = (what: string) =>
  new AwsError('NotImplemented', `The local cloud's S3 does not do ${what}.`, 501);
