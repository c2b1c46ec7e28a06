export type Matcher = (text: string) => boolean;

/** Compiles an IAM pattern once: `*` is any run of characters, `?` any one of them. Matching allocates nothing. */
export function compileWildcard(pattern: string): Matcher {
  const firstWildcard = pattern.search(/[*?]/);
  if (firstWildcard === -1) return (text) => text === pattern;
  if (pattern === '*') return () => true;
  if (firstWildcard === pattern.length - 1 && pattern.endsWith('*')) {
    const prefix = pattern.slice(0, -1);
    return (text) => text.startsWith(prefix);
  }
  return (text) => matches(pattern, text);
}

/** Greedy match that, when stuck, gives the last `*` one more character: at most pattern × text steps. */
function matches(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let starAt = -1;
  let starTook = 0;
  while (t < text.length) {
    if (pattern[p] === '*') {
      starAt = p;
      starTook = t;
      p += 1;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
      p += 1;
      t += 1;
    } else if (starAt !== -1) {
      starTook += 1;
      p = starAt + 1;
      t = starTook;
    } else {
      return false;
    }
  }
  while (pattern[p] === '*') p += 1;
  return p === pattern.length;
}
