import type { Condition, Document, VariableDeclaration } from './document.ts';
import { renderTemplate } from './template.ts';
import { TerraformError } from './terraform-error.ts';
import type { Value } from './value.ts';

/** Values from outside, as text, as Terraform takes them: `--var` wins over `TF_VAR_…`, that over the default. */
export interface VariableSources {
  readonly variables: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const NUMERAL = /^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/;
/** What Terraform converts to a bool. */
const FLAGS = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

/** The value of every declared variable, converted to its declared type and checked by its validations. */
export function resolveVariables(document: Document, sources: VariableSources): ReadonlyMap<string, Value> {
  const declared = Object.entries(document.variable);
  for (const name of Object.keys(sources.variables)) {
    if (!Object.hasOwn(document.variable, name)) {
      const known = declared.map(([known]) => known).join(', ');
      throw new TerraformError(
        `var.${name}`,
        `the stack declares no such variable; it has ${known || 'none'}`,
      );
    }
  }
  const values = new Map(
    declared.map(([name, declaration]) => [name, givenValue(name, declaration, sources)] as const),
  );
  for (const [name, declaration] of declared) {
    for (const validation of declaration.validation ?? []) {
      assertCondition(`var.${name}`, validation, (path) => variableAt(path, values));
    }
  }
  return values;
}

/** Throws the condition's own message, with its address, unless the condition is true. */
export function assertCondition(
  address: string,
  { condition, error_message }: Condition,
  lookup: (path: readonly string[]) => Value,
): void {
  let isMet: Value;
  try {
    isMet = typeof condition === 'boolean' ? condition : renderTemplate(condition, lookup);
  } catch (cause) {
    if (cause instanceof TerraformError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TerraformError(address, `cannot check the condition ${condition}: ${reason}`, { cause });
  }
  if (isMet !== true && isMet !== false) {
    throw new TerraformError(address, `the condition ${condition} is neither true nor false`);
  }
  if (!isMet) throw new TerraformError(address, error_message);
}

/** The value of a `var.name` reference. */
export function variableAt(path: readonly string[], values: ReadonlyMap<string, Value>): Value {
  const [root, name = '', ...rest] = path;
  const value = values.get(name);
  if (root !== 'var' || value === undefined || rest.length > 0) {
    throw new TerraformError(path.join('.'), 'there is nothing of this name to refer to');
  }
  return value;
}

function givenValue(name: string, declaration: VariableDeclaration, sources: VariableSources): Value {
  const address = `var.${name}`;
  const given = sources.variables[name] ?? sources.environment[`TF_VAR_${name}`] ?? declaration.default;
  if (given === undefined) throw new TerraformError(address, `has no value; give it by --var ${name}=…`);
  if (given === null) {
    if (declaration.nullable === false) throw new TerraformError(address, 'must not be null');
    return null;
  }
  if (typeof given === 'object')
    throw new TerraformError(address, 'only string, number and bool can be read');
  return convert(address, declaration.type ?? 'string', String(given));
}

function convert(address: string, type: string, given: string): Value {
  if (type === 'string') return given;
  if (type === 'number') {
    if (NUMERAL.test(given)) return Number(given);
    throw new TerraformError(address, `must be a number, not "${given}"`);
  }
  if (type === 'bool') {
    const value = FLAGS.get(given);
    if (value !== undefined) return value;
    throw new TerraformError(address, `must be true or false, not "${given}"`);
  }
  throw new TerraformError(address, `is of type ${type}; only string, number and bool can be read`);
}
