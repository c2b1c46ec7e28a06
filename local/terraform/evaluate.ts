import { type Expression, ExpressionError } from './expression.ts';
import type { Value } from './value.ts';

/** Gives the value a reference stands for, or throws. */
export type Lookup = (path: readonly string[]) => Value;

/** The value of an expression as Terraform would give it. Throws ExpressionError, or what `lookup` throws. */
export function evaluate(expression: Expression, lookup: Lookup): Value {
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'reference':
      return lookup(expression.path);
    case 'list':
      return expression.items.map((item) => evaluate(item, lookup));
    case 'unary':
      return unary(expression.operator, evaluate(expression.operand, lookup));
    case 'binary':
      return binary(expression, lookup);
    case 'conditional':
      return flag(evaluate(expression.condition, lookup))
        ? evaluate(expression.then, lookup)
        : evaluate(expression.otherwise, lookup);
    case 'call':
      return call(expression.name, expression.args, lookup);
  }
}

function unary(operator: string, operand: Value): Value {
  return operator === '!' ? !flag(operand) : -number(operand);
}

function binary(expression: Extract<Expression, { kind: 'binary' }>, lookup: Lookup): Value {
  const left = evaluate(expression.left, lookup);
  if (expression.operator === '&&' && !flag(left)) return false;
  if (expression.operator === '||' && flag(left)) return true;
  const right = evaluate(expression.right, lookup);
  switch (expression.operator) {
    case '&&':
    case '||':
      return flag(right);
    case '==':
      return isEqual(left, right);
    case '!=':
      return !isEqual(left, right);
    case '<':
      return number(left) < number(right);
    case '<=':
      return number(left) <= number(right);
    case '>':
      return number(left) > number(right);
    case '>=':
      return number(left) >= number(right);
    default:
      return arithmetic(expression.operator, number(left), number(right));
  }
}

function arithmetic(operator: string, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      if (right === 0) throw new ExpressionError('division by zero');
      return left / right;
    case '%':
      if (right === 0) throw new ExpressionError('division by zero');
      return left % right;
    default:
      throw new ExpressionError(`the operator ${operator} is not known`);
  }
}

const FUNCTIONS = new Map<string, { readonly arity: number; apply(...args: Value[]): Value }>([
  ['ceil', { arity: 1, apply: (value = null) => Math.ceil(number(value)) }],
  ['floor', { arity: 1, apply: (value = null) => Math.floor(number(value)) }],
  [
    'length',
    { arity: 1, apply: (value = null) => (Array.isArray(value) ? value.length : characters(value)) },
  ],
  [
    'contains',
    { arity: 2, apply: (items = null, value = null) => list(items).some((item) => isEqual(item, value)) },
  ],
  ['regex', { arity: 2, apply: (pattern = null, value = null) => firstMatch(text(pattern), text(value)) }],
]);

function call(name: string, args: readonly Expression[], lookup: Lookup): Value {
  if (name === 'can') return can(args, lookup);
  const known = FUNCTIONS.get(name);
  if (!known) throw new ExpressionError(`the function ${name} is not known`);
  if (known.arity !== args.length) throw new ExpressionError(`${name} takes ${known.arity} arguments`);
  return known.apply(...args.map((arg) => evaluate(arg, lookup)));
}

/** Whether its argument has a value: here `regex` is what may have none. An unknown reference stays an error. */
function can(args: readonly Expression[], lookup: Lookup): boolean {
  const [arg] = args;
  if (!arg || args.length > 1) throw new ExpressionError('can takes 1 argument');
  try {
    evaluate(arg, lookup);
    return true;
  } catch (error) {
    if (error instanceof NoMatchError) return false;
    throw error;
  }
}

class NoMatchError extends ExpressionError {}

/** As Terraform: the match itself, or its groups if the pattern has any, as a list or by name. */
function firstMatch(pattern: string, value: string): Value {
  const match = new RegExp(pattern, 'u').exec(value);
  if (!match) throw new NoMatchError(`"${value}" does not match ${pattern}`);
  const [whole, ...groups] = match;
  if (match.groups) {
    return Object.fromEntries(Object.entries(match.groups).map(([name, group]) => [name, group ?? null]));
  }
  return groups.length > 0 ? groups.map((group) => group ?? null) : whole;
}

/** Terraform counts characters as people do, not UTF-16 units. */
function characters(value: Value): number {
  return [...new Intl.Segmenter().segment(text(value))].length;
}

function isEqual(left: Value, right: Value): boolean {
  if (isCollection(left) || isCollection(right))
    throw new ExpressionError('only simple values can be compared');
  return left === right;
}

function isCollection(value: Value): boolean {
  return typeof value === 'object' && value !== null;
}

function flag(value: Value): boolean {
  if (typeof value !== 'boolean') throw new ExpressionError(`${JSON.stringify(value)} is not true or false`);
  return value;
}

function number(value: Value): number {
  if (typeof value !== 'number') throw new ExpressionError(`${JSON.stringify(value)} is not a number`);
  return value;
}

function text(value: Value): string {
  if (typeof value !== 'string') throw new ExpressionError(`${JSON.stringify(value)} is not a string`);
  return value;
}

function list(value: Value): readonly Value[] {
  if (!Array.isArray(value)) throw new ExpressionError(`${JSON.stringify(value)} is not a list`);
  return value;
}
