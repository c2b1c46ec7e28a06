/** An integration of the API: which function answers a route. */
export interface Route {
  /** As Terraform writes it: `POST /users`, `GET /operations/{id}`. */
  readonly routeKey: string;
  readonly functionName: string;
  /** With its qualifier, if the integration names one. */
  readonly functionArn: string;
  /** The integration timeout, at most 30 s on AWS. */
  readonly timeoutMs: number;
}

export interface RouteMatch<R extends Route> {
  readonly route: R;
  /** Decoded; empty where the route has none. */
  readonly pathParameters: Readonly<Record<string, string>>;
}

interface CompiledRoute<R extends Route> {
  readonly route: R;
  readonly method: string;
  readonly segments: readonly Segment[];
}

type Segment = { readonly literal: string } | { readonly parameter: string };

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/**
 * Matches requests to routes, more literal routes first. Throws at once for a route key of a kind it does not know
 * ($default, ANY, greedy parameters).
 */
export class Router<R extends Route> {
  readonly #routes: readonly CompiledRoute<R>[];

  constructor(routes: readonly R[]) {
    this.#routes = routes
      .map((route) => compileRoute(route))
      .sort((a, b) => parametersIn(a.segments) - parametersIn(b.segments));
  }

  /** `path` is encoded, as sent. Throws URIError where a parameter cannot be decoded. */
  match(method: string, path: string): RouteMatch<R> | undefined {
    const parts = path.split('/').slice(1).map(decodeURIComponent);
    for (const { route, method: routeMethod, segments } of this.#routes) {
      if (routeMethod !== method || segments.length !== parts.length) continue;
      const pathParameters = matchSegments(segments, parts);
      if (pathParameters) return { route, pathParameters };
    }
    return undefined;
  }
}

function compileRoute<R extends Route>(route: R): CompiledRoute<R> {
  const [method = '', path = '', ...rest] = route.routeKey.split(' ');
  if (!METHODS.includes(method) || !path.startsWith('/') || rest.length > 0) {
    throw new Error(`the local cloud does not know routes like ${route.routeKey}`);
  }
  return {
    route,
    method,
    segments: path
      .split('/')
      .slice(1)
      .map((segment) => compileSegment(route.routeKey, segment)),
  };
}

function compileSegment(routeKey: string, segment: string): Segment {
  const parameter = /^\{(\w+)\}$/.exec(segment)?.[1];
  if (parameter !== undefined) return { parameter };
  if (/[{}]/.test(segment)) throw new Error(`the local cloud does not know routes like ${routeKey}`);
  return { literal: segment };
}

function parametersIn(segments: readonly Segment[]): number {
  return segments.filter((segment) => 'parameter' in segment).length;
}

/** A parameter takes any one segment that is not empty. */
function matchSegments(
  segments: readonly Segment[],
  parts: readonly string[],
): Record<string, string> | undefined {
  const pathParameters: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const part = parts[index] ?? '';
    if ('literal' in segment) {
      if (segment.literal !== part) return undefined;
    } else if (part === '') {
      return undefined;
    } else {
      pathParameters[segment.parameter] = part;
    }
  }
  return pathParameters;
}
