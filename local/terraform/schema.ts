import * as z from 'zod';
import { TerraformError } from './terraform-error.ts';

/** A string argument; Terraform turns numbers and booleans into text where text is wanted. */
export const text = z.union([z.string(), z.number().transform(String), z.boolean().transform(String)], {
  error: 'must be a string',
});

/** A number argument; Terraform takes a numeral in quotes for one. */
export const number = z.union(
  [
    z.number(),
    z
      .string()
      .regex(/^-?\d+(\.\d+)?$/)
      .transform(Number),
  ],
  { error: 'must be a number' },
);

/** A number argument without a fraction. */
export const whole = number.refine(Number.isInteger, 'must be a whole number');

export const flag = z.union([z.boolean(), z.stringbool({ truthy: ['true'], falsy: ['false'] })], {
  error: 'must be true or false',
});

export const textMap = z.record(z.string(), text);
export const texts = z.array(text);

/** A nested block that may be there once; JSON writes it as an object or as a list of one. */
export function block<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.preprocess(
    (value) => (Array.isArray(value) && value.length === 1 ? value[0] : value),
    z.strictObject(shape),
  );
}

/** A nested block that may be repeated; JSON writes it as a list, or as an object when there is one. */
export function blocks<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.preprocess(
    (value) => (Array.isArray(value) ? value : [value]),
    z.array(z.strictObject(shape)).min(1),
  );
}

/** Text that is a JSON object, such as a policy document. */
export const jsonObject = text.transform((json, context) => {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(json));
  } catch {
    context.addIssue({ code: 'custom', message: 'must be the text of a JSON object' });
    return z.NEVER;
  }
});

/** Checks what stands at an address; the error names the very argument. */
export function read<T>(schema: z.ZodType<T>, value: unknown, address: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const at = [address, ...(issue?.path ?? [])].join('.');
  if (issue?.code === 'unrecognized_keys') {
    const names = issue.keys.map((key) => `"${key}"`).join(', ');
    throw new TerraformError(
      at,
      `the local cloud does not know ${names}; remove it, or teach it in local/terraform`,
    );
  }
  const isMissing = issue?.code !== 'custom' && valueAt(value, issue?.path ?? []) === undefined;
  throw new TerraformError(
    at,
    isMissing ? 'is missing; the local cloud needs it' : (issue?.message ?? 'is invalid'),
  );
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
    value,
  );
}
