/**
 * What a sequence number says. `position` counts a shard's records from 1; 0 is the shard's own starting number.
 * As everything above it is fixed for a shard, sequence numbers order as positions do.
 */
export interface SequenceNumber {
  readonly shardCreatedAtS: number;
  readonly shardIndex: number;
  readonly position: number;
  readonly atS: number;
}

/*
 * The layout that AWS's numbers show, most significant hex digit first; 47 digits, so always 56 decimal ones:
 *
 *   2 | shard created, s | shard | position | 0  | record put, s | shard | 2
 *   1 | 9                | 1     | 16       | 2  | 9             | 8     | 1
 */
const VERSION = 2n;
const FORMAT = 2n;
const SHARD_SHIFT = 4n;
const TIME_SHIFT = 36n;
const POSITION_SHIFT = 80n;
const SHARD_NIBBLE_SHIFT = 144n;
const CREATED_SHIFT = 148n;
const FORMAT_SHIFT = 184n;

/** The decimal text of a sequence number. All have the same width, so they compare as texts too. */
export function encodeSequenceNumber(number: SequenceNumber): string {
  const shardIndex = BigInt(number.shardIndex);
  const value =
    (FORMAT << FORMAT_SHIFT) |
    (BigInt(number.shardCreatedAtS) << CREATED_SHIFT) |
    ((shardIndex & 0xfn) << SHARD_NIBBLE_SHIFT) |
    (BigInt(number.position) << POSITION_SHIFT) |
    (BigInt(number.atS) << TIME_SHIFT) |
    (shardIndex << SHARD_SHIFT) |
    VERSION;
  return value.toString();
}

/** What a text of decimal digits says, or undefined if it is no sequence number. */
export function decodeSequenceNumber(text: string): SequenceNumber | undefined {
  const value = BigInt(text);
  if (value >> FORMAT_SHIFT !== FORMAT || (value & 0xfn) !== VERSION) return undefined;
  const position = field(value, POSITION_SHIFT, 64);
  if (!Number.isSafeInteger(position)) return undefined;
  return {
    shardCreatedAtS: field(value, CREATED_SHIFT, 36),
    shardIndex: field(value, SHARD_SHIFT, 32),
    position,
    atS: field(value, TIME_SHIFT, 36),
  };
}

function field(value: bigint, shift: bigint, bits: number): number {
  return Number(BigInt.asUintN(bits, value >> shift));
}
