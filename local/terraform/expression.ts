/**
 * The part of Terraform's expression language that the local cloud reads: literals, references, lists,
 * `! - * / % + < <= > >= == != && || ?:`, parentheses and calls. The rest (indexes, splats, `for`, nested
 * templates) is refused, so that nothing is ever understood by half.
 */
export type Expression =
  | { readonly kind: 'literal'; readonly value: string | number | boolean | null }
  | { readonly kind: 'reference'; readonly path: readonly string[] }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: 'unary'; readonly operator: string; readonly operand: Expression }
  | {
      readonly kind: 'binary';
      readonly operator: string;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: 'conditional';
      readonly condition: Expression;
      readonly then: Expression;
      readonly otherwise: Expression;
    };

/** The text is no expression, or one beyond what is read here. */
export class ExpressionError extends Error {
  constructor(problem: string) {
    super(problem);
    this.name = 'ExpressionError';
  }
}

/** An identifier may hold hyphens, as in Terraform: `a-b` is one name, `a - b` a difference. */
const TOKEN =
  /\s*(?:(?<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?<name>[A-Za-z_][\w-]*)|(?<text>"(?:[^"\\]|\\.)*")|(?<symbol>&&|\|\||[=!<>]=|[-+*/%<>!?:()[\],.]))/y;

/** Binary operators from the loosest to the tightest, as Terraform binds them. */
const PRECEDENCE = [['||'], ['&&'], ['==', '!='], ['<', '<=', '>', '>='], ['+', '-'], ['*', '/', '%']];

const LITERALS = new Map<string, boolean | null>([
  ['true', true],
  ['false', false],
  ['null', null],
]);

/** Deeper nesting than anyone writes; it bounds the recursion. */
const DEPTH_MAX = 50;

interface Token {
  readonly kind: 'number' | 'name' | 'text' | 'symbol' | 'end';
  readonly text: string;
}

export function parseExpression(text: string): Expression {
  return new Parser(tokenize(text)).whole();
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const from = TOKEN.lastIndex;
    const groups = TOKEN.exec(text)?.groups;
    if (!groups) throw new ExpressionError(`cannot read "${text.slice(from, end).trim()}"`);
    for (const kind of ['number', 'name', 'text', 'symbol'] as const) {
      const found = groups[kind];
      if (found !== undefined) tokens.push({ kind, text: found });
    }
  }
  return tokens;
}

const END: Token = { kind: 'end', text: 'the end' };

class Parser {
  readonly #tokens: readonly Token[];
  #position = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Expression {
    const expression = this.#conditional();
    if (this.#next.kind !== 'end') throw this.#unexpected();
    return expression;
  }

  get #next(): Token {
    return this.#tokens[this.#position] ?? END;
  }

  #conditional(): Expression {
    this.#depth += 1;
    if (this.#depth > DEPTH_MAX) throw new ExpressionError(`nested deeper than ${DEPTH_MAX}`);
    const condition = this.#binary(0);
    let expression = condition;
    if (this.#takes('?')) {
      const then = this.#conditional();
      this.#expect(':');
      expression = { kind: 'conditional', condition, then, otherwise: this.#conditional() };
    }
    this.#depth -= 1;
    return expression;
  }

  #binary(level: number): Expression {
    const operators = PRECEDENCE[level];
    if (!operators) return this.#unary();
    let left = this.#binary(level + 1);
    while (this.#next.kind === 'symbol' && operators.includes(this.#next.text)) {
      const operator = this.#take().text;
      left = { kind: 'binary', operator, left, right: this.#binary(level + 1) };
    }
    return left;
  }

  #unary(): Expression {
    const operators: string[] = [];
    while (this.#next.text === '!' || this.#next.text === '-') operators.push(this.#take().text);
    return operators.reduceRight<Expression>(
      (operand, operator) => ({ kind: 'unary', operator, operand }),
      this.#primary(),
    );
  }

  #primary(): Expression {
    const token = this.#next;
    if (token.kind === 'number') return { kind: 'literal', value: Number(this.#take().text) };
    if (token.kind === 'text') return { kind: 'literal', value: unquote(this.#take().text) };
    if (token.kind === 'name') return this.#named(this.#take().text);
    if (this.#takes('[')) return { kind: 'list', items: this.#items(']') };
    if (!this.#takes('(')) throw this.#unexpected();
    const inner = this.#conditional();
    this.#expect(')');
    return inner;
  }

  #named(name: string): Expression {
    const literal = LITERALS.get(name);
    if (literal !== undefined) return { kind: 'literal', value: literal };
    if (this.#takes('(')) return { kind: 'call', name, args: this.#items(')') };
    const path = [name];
    while (this.#takes('.')) {
      if (this.#next.kind !== 'name') throw this.#unexpected();
      path.push(this.#take().text);
    }
    return { kind: 'reference', path };
  }

  #items(closing: string): Expression[] {
    const items: Expression[] = [];
    while (!this.#takes(closing)) {
      items.push(this.#conditional());
      if (this.#next.text !== closing) this.#expect(',');
    }
    return items;
  }

  #take(): Token {
    const token = this.#next;
    this.#position += 1;
    return token;
  }

  #takes(symbol: string): boolean {
    if (this.#next.kind !== 'symbol' || this.#next.text !== symbol) return false;
    this.#position += 1;
    return true;
  }

  #expect(symbol: string): void {
    if (!this.#takes(symbol)) throw new ExpressionError(`expected ${symbol} but found ${this.#next.text}`);
  }

  #unexpected(): ExpressionError {
    return new ExpressionError(`unexpected ${this.#next.text}`);
  }
}

/** A quoted string without its quotes; its escapes are JSON's, and a template inside it is refused. */
function unquote(text: string): string {
  if (/[$%]\{/.test(text)) throw new ExpressionError(`the template inside ${text} cannot be read`);
  try {
    return String(JSON.parse(text));
  } catch (cause) {
    throw new ExpressionError(`cannot read ${text}: ${String(cause)}`);
  }
}
