import type { Wire } from './wire.ts';

/** Who makes a call: the account's owner may do anything, a role what its policies allow. */
export type Principal =
  | { readonly kind: 'owner'; readonly arn: string }
  | {
      readonly kind: 'role';
      /** The role's own ARN, not the session's. */
      readonly arn: string;
      /** Names the session in refusals; on Lambda it is the function's name. */
      readonly sessionName?: string;
    };

export type Input = Readonly<Record<string, unknown>>;

/** One call to an AWS service, whether it came over HTTP or from a poller in process. */
export interface Call {
  readonly service: string;
  /** The API's own name of the operation, e.g. `PutRecords`; with `service` it is the IAM action. */
  readonly operation: string;
  readonly input: Input;
  readonly principal: Principal;
}

/** A service behind the gateway. Blobs in `input` and output are base64 strings, as on the JSON wire. */
export interface AwsService {
  readonly name: string;
  /** How the service is spoken to over HTTP; AWS JSON unless given. */
  readonly wire?: Wire;
  /** The IAM action of an operation where it is not `<service>:<operation>`, e.g. `s3:ListBucket`. */
  action?(operation: string): string;
  /** The ARNs that IAM checks the call on; throws AwsError when the input names none. */
  resourceArns(operation: string, input: Input): readonly string[];
  /** Answers the call or throws an AwsError. */
  execute(operation: string, input: Input): Promise<unknown>;
}

/** How the local cloud's own parts (pollers, failure destinations) call AWS: through the gateway, in process. */
export type CallAws = (call: Call) => Promise<unknown>;

export const ACCOUNT_ID = '000000000000';
