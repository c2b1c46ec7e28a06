import { strict as assert } from 'node:assert';
import { TerraformVariable, type TerraformVariableConfig, Token } from 'cdktn';
import type { Construct } from 'constructs';
import { STREAM_FUNCTION_MARGIN_S, STREAM_FUNCTION_TIMEOUT_S } from './limits.ts';

/** What CloudWatch Logs accepts as a retention, in days. */
const LOG_RETENTIONS_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];
/** The time a batch may take: the stream functions' timeout less its margin. */
const BATCH_TIME_MAX_MS = (STREAM_FUNCTION_TIMEOUT_S - STREAM_FUNCTION_MARGIN_S) * 1000;

/** Every Terraform variable, by its name. */
const DECLARATIONS = {
  region: text({
    description: 'The AWS Region to deploy to.',
    default: 'us-east-1',
    pattern: '^[a-z]{2}(-[a-z]+)+-[0-9]+$',
    mustBe: 'the name of an AWS Region, such as us-east-1',
  }),
  name_prefix: text({
    description: 'Every deployed name starts with it, so that several copies can live in one account.',
    default: 'shardbound',
    pattern: '^[a-z][a-z0-9-]{0,19}$',
    mustBe: '1 to 20 lower-case letters, digits and hyphens, a letter first',
  }),
  shard_count: whole({ description: 'Shards of each of the four streams.', default: 4, min: 1, max: 500 }),
  parallelization_factor: whole({
    description: 'Lanes within each shard: how many of its batches are handled at once.',
    default: 1,
    min: 1,
    max: 10,
  }),
  batch_size: whole({ description: 'Records in one batch at most.', default: 100, min: 1, max: 10_000 }),
  batch_window_seconds: whole({
    description: 'How long a batch may wait to fill, in seconds; 0 sends what is there.',
    default: 0,
    min: 0,
    max: 300,
  }),
  batch_concurrency: whole({
    description: 'Records of one batch that a function handles at once.',
    default: 10,
    min: 1,
    max: 1000,
  }),
  approval_delay_ms: whole({
    description: 'How long the outside reviewer takes over each user, in milliseconds.',
    default: 0,
    min: 0,
    max: BATCH_TIME_MAX_MS,
  }),
  approval_denied_domains: {
    type: 'string',
    description: 'E-mail domains whose users are not approved, separated by commas; empty denies nobody.',
    default: 'denied.example',
    accepts: (value: string) => `length(${value}) <= 2048`,
    mustBe: 'at most 2048 characters: it travels in an environment variable',
  },
  table_billing_mode: text({
    description: 'How both tables are billed: PAY_PER_REQUEST or PROVISIONED.',
    default: 'PAY_PER_REQUEST',
    pattern: '^(PAY_PER_REQUEST|PROVISIONED)$',
    mustBe: 'PAY_PER_REQUEST or PROVISIONED',
  }),
  table_read_units: whole({
    description: 'Read units of each table when it is provisioned.',
    default: 20,
    min: 1,
    max: 40_000,
  }),
  table_write_units: whole({
    description: 'Write units of each table when it is provisioned.',
    default: 20,
    min: 1,
    max: 40_000,
  }),
  deletion_protection: {
    type: 'bool',
    description: 'Refuse to destroy the tables, and the failure bucket while it holds anything.',
    default: false,
  },
  log_retention_days: {
    type: 'number',
    description: 'How long the logs of the functions are kept, in days.',
    default: 14,
    accepts: (value: string) => `contains([${LOG_RETENTIONS_DAYS.join(', ')}], ${value})`,
    mustBe: `one of ${LOG_RETENTIONS_DAYS.join(', ')}`,
  },
  throttle_rate_limit: whole({
    description: 'Requests per second the API accepts.',
    default: 2000,
    min: 1,
    max: 10_000,
  }),
  throttle_burst_limit: whole({
    description: 'Requests the API accepts at once.',
    default: 2000,
    min: 1,
    max: 5000,
  }),
} as const satisfies Record<string, Declaration>;

type VariableName = keyof typeof DECLARATIONS;

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
const { batch_size, batch_concurrency, approval_delay_ms } = DECLARATIONS;
assert(
  Math.ceil(batch_size.default / batch_concurrency.default) * approval_delay_ms.default < BATCH_TIME_MAX_MS,
  BATCH_FITS.errorMessage,
);

export type Variables = ReturnType<typeof declareVariables>;

/**
 * Declares the variables in a stack. What comes back are tokens: they may be handed on or set in text, but
 * arithmetic on one gives nonsense in silence, so sums on variables are Terraform expressions.
 */
export function declareVariables(scope: Construct) {
  const declare = (name: VariableName) =>
    new TerraformVariable(scope, name, configOf(name, DECLARATIONS[name]));
  return {
    region: declare('region').stringValue,
    namePrefix: declare('name_prefix').stringValue,
    shardCount: declare('shard_count').numberValue,
    parallelizationFactor: declare('parallelization_factor').numberValue,
    batchSize: declare('batch_size').numberValue,
    batchWindowSeconds: declare('batch_window_seconds').numberValue,
    batchConcurrency: declare('batch_concurrency').stringValue,
    approvalDelayMs: declare('approval_delay_ms').stringValue,
    approvalDeniedDomains: declare('approval_denied_domains').stringValue,
    tableBillingMode: declare('table_billing_mode').stringValue,
    tableReadUnits: whenProvisioned(declare('table_read_units')),
    tableWriteUnits: whenProvisioned(declare('table_write_units')),
    deletionProtection: declare('deletion_protection').booleanValue,
    /** Whether Terraform may empty the failure bucket to destroy it. */
    forceDestroy: Token.asAny(expression('!var.deletion_protection')),
    logRetentionDays: declare('log_retention_days').numberValue,
    throttleRateLimit: declare('throttle_rate_limit').numberValue,
    throttleBurstLimit: declare('throttle_burst_limit').numberValue,
  };
}

interface Declaration {
  readonly type: string;
  readonly description: string;
  readonly default: string | number | boolean;
  /** A Terraform expression on the variable that is true for what it may be; `mustBe` says it in words. */
  readonly accepts?: (value: string) => string;
  readonly mustBe?: string;
}

function configOf(name: VariableName, declaration: Declaration): TerraformVariableConfig {
  const { type, description, default: initial, accepts, mustBe } = declaration;
  const validation = accepts && [
    { condition: expression(accepts(`var.${name}`)), errorMessage: `${name} must be ${mustBe}.` },
  ];
  return { type, description, default: initial, nullable: false, ...(validation && { validation }) };
}

function text(spec: { description: string; default: string; pattern: string; mustBe: string }) {
  const { pattern, ...rest } = spec;
  return { type: 'string', accepts: (value: string) => `can(regex("${pattern}", ${value}))`, ...rest };
}

/** A whole number from `min` to `max`: Terraform's own `number` would take 1.5 shards. */
function whole(spec: { description: string; default: number; min: number; max: number }) {
  const { min, max, ...rest } = spec;
  const accepts = (value: string) =>
    `${value} >= ${min} && ${value} <= ${max} && floor(${value}) == ${value}`;
  return { type: 'number', accepts, mustBe: `a whole number from ${min} to ${max}`, ...rest };
}

/** Terraform's null leaves the argument out: an on-demand table that names units would differ at every plan. */
function whenProvisioned(units: TerraformVariable): number {
  const value = `var.${units.friendlyUniqueId}`;
  return Token.asNumber(expression(`var.table_billing_mode == "PROVISIONED" ? ${value} : null`));
}

/** Marks a text as a Terraform expression. */
function expression(text: string): string {
  return `\${${text}}`;
}
