import { evaluate, type Lookup } from './evaluate.ts';
import { type Expression, ExpressionError, parseExpression } from './expression.ts';
import type { Value } from './value.ts';

type Part = string | Expression;

/**
 * A string of Terraform JSON with its `${…}` filled in. One that is a single `${…}` and nothing else keeps
 * the type of what it refers to; inside text everything becomes text.
 */
export function renderTemplate(template: string, lookup: Lookup): Value {
  if (!/[$%]\{/.test(template)) return template;
  const parts = parseTemplate(template);
  const [only] = parts;
  if (parts.length === 1 && only !== undefined && typeof only !== 'string') return evaluate(only, lookup);
  return parts.map((part) => (typeof part === 'string' ? part : asText(evaluate(part, lookup)))).join('');
}

function parseTemplate(template: string): Part[] {
  const parts: Part[] = [];
  let literal = '';
  let position = 0;
  while (position < template.length) {
    const marker = template.slice(position, position + 3);
    if (marker === '$${' || marker === '%%{') {
      literal += marker.slice(1);
      position += 3;
    } else if (marker.startsWith('%{')) {
      throw new ExpressionError('a template directive (%{…}) cannot be read');
    } else if (marker.startsWith('${')) {
      if (literal) parts.push(literal);
      literal = '';
      const end = endOfExpression(template, position + 2);
      parts.push(parseExpression(template.slice(position + 2, end)));
      position = end + 1;
    } else {
      literal += template.charAt(position);
      position += 1;
    }
  }
  if (literal) parts.push(literal);
  return parts;
}

/** Where the brace is that closes the expression; one inside a quoted string does not. */
function endOfExpression(template: string, from: number): number {
  let isQuoted = false;
  for (let position = from; position < template.length; position += 1) {
    const character = template[position];
    if (character === '\\') position += 1;
    else if (character === '"') isQuoted = !isQuoted;
    else if (character === '}' && !isQuoted) return position;
  }
  throw new ExpressionError('a ${ is never closed');
}

function asText(value: Value): string {
  if (value === null || typeof value === 'object') {
    throw new ExpressionError(`${JSON.stringify(value)} cannot stand inside text`);
  }
  return String(value);
}
