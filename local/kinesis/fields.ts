import type { Input } from '../gateway/call.ts';
import { serialization, validation } from './errors.ts';
import { VALIDATION_FAULTS_MAX } from './limits.ts';

/** What a text in a request must be. `pattern` is given as AWS prints it and holds for the whole text. */
export interface TextRule {
  readonly lengthMin?: number;
  readonly lengthMax?: number;
  readonly pattern?: string;
  readonly values?: readonly string[];
}

export interface Blob {
  readonly base64: string;
  readonly bytes: number;
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * Reads the members of one structure of a request. A wrong type ends the request at once (SerializationException);
 * broken constraints are gathered, across nested structures, until `check` throws them all as one ValidationException,
 * as AWS does. What a reader returns for a faulty member has the right type and no meaning: call `check` before using it.
 */
export class Fields {
  readonly #input: Input;
  readonly #path: string;
  readonly #faults: string[];

  constructor(input: Input, path = '', faults: string[] = []) {
    this.#input = input;
    this.#path = path;
    this.#faults = faults;
  }

  /** Throws what was found to be wrong so far, if anything. */
  check(): void {
    if (this.#faults.length > 0) throw validation(this.#faults.slice(0, VALIDATION_FAULTS_MAX));
  }

  text(name: string, rule: TextRule): string | undefined {
    const value = this.#input[name] ?? undefined;
    if (value === undefined) return undefined;
    if (typeof value !== 'string') throw notConvertible(value, 'String');
    for (const broken of brokenConstraints(value, rule)) this.#fault(name, value, broken);
    return value;
  }

  requiredText(name: string, rule: TextRule): string {
    return this.text(name, rule) ?? this.#missing(name, '');
  }

  integer(name: string, min: number, max: number): number | undefined {
    const value = this.#number(name, 'Integer');
    if (value === undefined) return undefined;
    const whole = Math.floor(value);
    if (whole < min) this.#fault(name, value, `Member must have value greater than or equal to ${min}`);
    if (whole > max) this.#fault(name, value, `Member must have value less than or equal to ${max}`);
    return whole;
  }

  /** A timestamp in milliseconds since the epoch; on the wire it is seconds. */
  timestampMs(name: string): number | undefined {
    const seconds = this.#number(name, 'Date');
    return seconds === undefined ? undefined : Math.round(seconds * 1_000);
  }

  requiredBlob(name: string, bytesMax: number): Blob {
    const value = this.#input[name] ?? undefined;
    if (value === undefined) return this.#missing(name, { base64: '', bytes: 0 });
    if (typeof value !== 'string') throw notConvertible(value, 'Blob');
    if (value.length % 4 !== 0 || !BASE64.test(value)) throw serialization('Base64 encoding is not valid.');
    const padding = value.endsWith('==') ? 2 : value.endsWith('=') ? 1 : 0;
    const bytes = (value.length / 4) * 3 - padding;
    if (bytes > bytesMax) {
      const shown = `java.nio.HeapByteBuffer[pos=0 lim=${bytes} cap=${bytes}]`;
      this.#fault(name, shown, `Member must have length less than or equal to ${bytesMax}`);
    }
    return { base64: value, bytes };
  }

  structure(name: string): Fields | undefined {
    const value = this.#input[name] ?? undefined;
    if (value === undefined) return undefined;
    if (!isStructure(value)) throw notConvertible(value, 'Structure');
    return this.#nested(value, `${memberName(name)}.`);
  }

  /** A list of 1 to `countMax` structures. */
  requiredStructures(name: string, countMax: number): readonly Fields[] {
    const value = this.#input[name] ?? undefined;
    if (value === undefined) return this.#missing(name, []);
    if (!Array.isArray(value)) throw notConvertible(value, 'List');
    // AWS prints the list's members here; their number says as much.
    const shown = value.length === 0 ? '[]' : `[${value.length} members]`;
    if (value.length < 1) this.#fault(name, shown, 'Member must have length greater than or equal to 1');
    if (value.length > countMax) {
      this.#fault(name, shown, `Member must have length less than or equal to ${countMax}`);
      return [];
    }
    return value.map((member: unknown, index) => {
      if (!isStructure(member)) throw notConvertible(member, 'Structure');
      return this.#nested(member, `${memberName(name)}.${index + 1}.member.`);
    });
  }

  #nested(input: Input, path: string): Fields {
    return new Fields(input, this.#path + path, this.#faults);
  }

  #number(name: string, type: string): number | undefined {
    const value = this.#input[name] ?? undefined;
    if (value === undefined || typeof value === 'number') return value;
    throw notConvertible(value, type);
  }

  #missing<T>(name: string, placeholder: T): T {
    this.#fault(name, null, 'Member must not be null');
    return placeholder;
  }

  #fault(name: string, value: string | number | null, constraint: string): void {
    const shown = value === null ? 'null' : `'${value}'`;
    this.#faults.push(
      `Value ${shown} at '${this.#path}${memberName(name)}' failed to satisfy constraint: ${constraint}`,
    );
  }
}

function* brokenConstraints(value: string, rule: TextRule): Generator<string> {
  const { lengthMin = 1, lengthMax = Number.POSITIVE_INFINITY, pattern, values } = rule;
  if (pattern !== undefined && !compiled(pattern).test(value)) {
    yield `Member must satisfy regular expression pattern: ${pattern}`;
  }
  if (values && !values.includes(value)) yield `Member must satisfy enum value set: [${values.join(', ')}]`;
  if (values) return;
  if (value.length < lengthMin) yield `Member must have length greater than or equal to ${lengthMin}`;
  if (value.length > lengthMax) yield `Member must have length less than or equal to ${lengthMax}`;
}

const patterns = new Map<string, RegExp>();

/** The few patterns of the API, each compiled once. */
function compiled(pattern: string): RegExp {
  const known = patterns.get(pattern);
  if (known) return known;
  const expression = new RegExp(`^(?:${pattern})$`);
  patterns.set(pattern, expression);
  return expression;
}

/** Errors name `StreamName` as `streamName`. */
function memberName(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

function isStructure(value: unknown): value is Input {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function notConvertible(value: unknown, type: string): Error {
  const kind = Array.isArray(value) ? 'LIST' : value === null ? 'NULL' : typeof value;
  return serialization(`${kind.toUpperCase()}_VALUE cannot be converted to ${type}`);
}
