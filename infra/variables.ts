import { strict as assert } from 'node:assert';
import { TerraformVariable, Token } from 'cdktn';
import type { Construct } from 'constructs';
import { STREAM_FUNCTION_MARGIN_S, STREAM_FUNCTION_TIMEOUT_S } from './limits.ts';

/** What CloudWatch Logs accepts as a retention, in days. */
const LOG_RETENTIONS_DAYS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653];
/** The time a batch may take: the stream functions' timeout less its margin. */
const BATCH_TIME_MAX_MS = (STREAM_FUNCTION_TIMEOUT_S - STREAM_FUNCTION_MARGIN_S) * 1000;

const DEFAULTS = { batchSize: 100, batchConcurrency: 10, approvalDelayMs: 0 } as const;

/**
 * Records of a batch are handled `batch_concurrency` at a time, each as slow as the reviewer, and the batch
 * must be through before the function's time is: else running out of time becomes the way of working.
 */
export const BATCH_FITS = {
  condition: expression(
    `ceil(var.batch_size / var.batch_concurrency) * var.approval_delay_ms < ${BATCH_TIME_MAX_MS}`,
  ),
  errorMessage:
    `A batch cannot fit: batch_size / batch_concurrency * approval_delay_ms must stay under ${BATCH_TIME_MAX_MS} ms ` +
    '(the timeout less its margin). Lower batch_size or approval_delay_ms, or raise batch_concurrency.',
};

// The same rule for the defaults, when the stack is synthesized: Terraform sees them only when it plans.
assert(
  Math.ceil(DEFAULTS.batchSize / DEFAULTS.batchConcurrency) * DEFAULTS.approvalDelayMs < BATCH_TIME_MAX_MS,
  BATCH_FITS.errorMessage,
);

export type Variables = ReturnType<typeof declareVariables>;

/**
 * Declares every Terraform variable of the stack. What comes back are tokens: they may be handed on or set
 * in text, but arithmetic on one gives nonsense in silence, so sums on variables are Terraform expressions.
 */
export function declareVariables(scope: Construct) {
  const billingMode = text(scope, 'table_billing_mode', {
    description: 'How both tables are billed: PAY_PER_REQUEST or PROVISIONED.',
    default: 'PAY_PER_REQUEST',
    validation: 'contains(["PAY_PER_REQUEST", "PROVISIONED"], var.table_billing_mode)',
    mustBe: 'PAY_PER_REQUEST or PROVISIONED',
  }).stringValue;
  const readUnits = whole(
    scope,
    'table_read_units',
    'Read units of each table when it is provisioned.',
    20,
    1,
    40_000,
  );
  const writeUnits = whole(
    scope,
    'table_write_units',
    'Write units of each table when it is provisioned.',
    20,
    1,
    40_000,
  );
  const deletionProtection = new TerraformVariable(scope, 'deletion_protection', {
    type: 'bool',
    default: false,
    nullable: false,
    description: 'Refuse to destroy the tables, and the failure bucket while it holds anything.',
  });

  return {
    region: text(scope, 'region', {
      description: 'The AWS Region to deploy to.',
      default: 'us-east-1',
      validation: 'can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))',
      mustBe: 'the name of an AWS Region, such as us-east-1',
    }).stringValue,
    namePrefix: text(scope, 'name_prefix', {
      description: 'Every deployed name starts with it, so that several copies can live in one account.',
      default: 'shardbound',
      validation: 'can(regex("^[a-z][a-z0-9-]{0,19}$", var.name_prefix))',
      mustBe: '1 to 20 lower-case letters, digits and hyphens, a letter first',
    }).stringValue,
    shardCount: whole(scope, 'shard_count', 'Shards of each of the four streams.', 4, 1, 500).numberValue,
    parallelizationFactor: whole(
      scope,
      'parallelization_factor',
      'Lanes within each shard: how many of its batches are handled at once.',
      1,
      1,
      10,
    ).numberValue,
    batchSize: whole(scope, 'batch_size', 'Records in one batch at most.', DEFAULTS.batchSize, 1, 10_000)
      .numberValue,
    batchWindowSeconds: whole(
      scope,
      'batch_window_seconds',
      'How long a batch may wait to fill, in seconds; 0 sends what is there.',
      0,
      0,
      300,
    ).numberValue,
    batchConcurrency: whole(
      scope,
      'batch_concurrency',
      'Records of one batch that a function handles at once.',
      DEFAULTS.batchConcurrency,
      1,
      1000,
    ).stringValue,
    approvalDelayMs: whole(
      scope,
      'approval_delay_ms',
      'How long the outside reviewer takes over each user, in milliseconds.',
      DEFAULTS.approvalDelayMs,
      0,
      BATCH_TIME_MAX_MS,
    ).stringValue,
    approvalDeniedDomains: text(scope, 'approval_denied_domains', {
      description: 'E-mail domains whose users are not approved, separated by commas; empty denies nobody.',
      default: 'denied.example',
      validation: 'length(var.approval_denied_domains) <= 2048',
      mustBe: 'at most 2,048 characters: it travels in an environment variable',
    }).stringValue,
    billing: {
      mode: billingMode,
      readUnits: whenProvisioned(readUnits),
      writeUnits: whenProvisioned(writeUnits),
    },
    deletionProtection: deletionProtection.booleanValue,
    /** Whether Terraform may empty the failure bucket to destroy it. */
    forceDestroy: Token.asAny(expression('!var.deletion_protection')),
    logRetentionDays: number(scope, 'log_retention_days', {
      description: 'How long the logs of the functions are kept, in days.',
      default: 14,
      validation: `contains([${LOG_RETENTIONS_DAYS.join(', ')}], var.log_retention_days)`,
      mustBe: `one of ${LOG_RETENTIONS_DAYS.join(', ')}`,
    }).numberValue,
    throttleRateLimit: whole(
      scope,
      'throttle_rate_limit',
      'Requests per second the API accepts.',
      2000,
      1,
      10_000,
    ).numberValue,
    throttleBurstLimit: whole(
      scope,
      'throttle_burst_limit',
      'Requests the API accepts at once.',
      2000,
      1,
      5000,
    ).numberValue,
  };
}

/** Terraform's null leaves the argument out: an on-demand table that names units would differ at every plan. */
function whenProvisioned(units: TerraformVariable): number {
  return Token.asNumber(
    expression(`var.table_billing_mode == "PROVISIONED" ? var.${units.friendlyUniqueId} : null`),
  );
}

interface VariableSpec<T> {
  readonly description: string;
  readonly default: T;
  /** A Terraform expression that is true for what is accepted. */
  readonly validation: string;
  readonly mustBe: string;
}

function text(scope: Construct, name: string, spec: VariableSpec<string>): TerraformVariable {
  return variable(scope, name, 'string', spec);
}

function number(scope: Construct, name: string, spec: VariableSpec<number>): TerraformVariable {
  return variable(scope, name, 'number', spec);
}

/** A whole number from `min` to `max`: Terraform's own `number` would take 1.5 shards. */
function whole(
  scope: Construct,
  name: string,
  description: string,
  initial: number,
  min: number,
  max: number,
): TerraformVariable {
  const value = `var.${name}`;
  return number(scope, name, {
    description,
    default: initial,
    validation: `${value} >= ${min} && ${value} <= ${max} && floor(${value}) == ${value}`,
    mustBe: `a whole number from ${min} to ${max}`,
  });
}

function variable<T>(scope: Construct, name: string, type: string, spec: VariableSpec<T>): TerraformVariable {
  return new TerraformVariable(scope, name, {
    type,
    description: spec.description,
    default: spec.default,
    nullable: false,
    validation: [{ condition: expression(spec.validation), errorMessage: `${name} must be ${spec.mustBe}.` }],
  });
}

/** Marks a text as a Terraform expression. */
function expression(text: string): string {
  return `\${${text}}`;
}
