import type { Coding } from './read-asset.ts';

/** What `Accept-Encoding` allows of them, the denser one first; undefined: send it as it is. */
export function chooseCoding(acceptEncoding: string): Coding | undefined {
  const accepted = new Map(
    acceptEncoding.split(',').map((item) => {
      const [name = '', ...parameters] = item
        .trim()
        .toLowerCase()
        .split(/\s*;\s*/);
      const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
      return [name, weight === undefined || Number(weight) > 0] as const;
    }),
  );
  return (['br', 'gzip'] as const).find((coding) => accepted.get(coding) ?? accepted.get('*'));
}
