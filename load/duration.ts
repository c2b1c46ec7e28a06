const UNITS_MS = new Map([
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
]);

/** Milliseconds of `500ms`, `10s`, `1.5m` or `1h`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,9}(?:\.\d{1,6})?)(ms|s|m|h)$/.exec(text);
  const unitMs = UNITS_MS.get(match?.[2] ?? '');
  return unitMs === undefined ? undefined : Number(match?.[1]) * unitMs;
}

/** A duration as a person says it: `500 ms`, `7.5 s`, `42 s`, `2 min 5 s`, `1 h 30 min`. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const tenths = Math.round(ms / 100);
  if (tenths < 100) return `${tenths / 10} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return inTwoUnits(seconds, 'min', 's');
  return inTwoUnits(Math.round(seconds / 60), 'h', 'min');
}

function inTwoUnits(smallUnits: number, big: string, small: string): string {
  const rest = smallUnits % 60;
  const whole = `${Math.floor(smallUnits / 60)} ${big}`;
  return rest === 0 ? whole : `${whole} ${rest} ${small}`;
}
